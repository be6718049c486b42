"""Constructs of a deployment, one per file. Each takes properties, never a config file."""
