"""The subcommands. Each is imported for its options alone: what takes time is imported by the function that runs."""
