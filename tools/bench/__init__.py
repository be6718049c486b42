"""What the parts cost, measured. Each module prints its figures and is run by a `make bench-...` command."""
