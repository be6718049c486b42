"""The nouns of a deployment, one to a file. Each takes properties, never a config file."""
