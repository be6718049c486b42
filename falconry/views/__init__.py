"""Views: what the commands print for a person. Each prints the dataclasses of `falconry.deployment` or `preflight`."""
