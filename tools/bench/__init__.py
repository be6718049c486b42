"""Benchmarks of the parts. Each module prints its figures and is run by a `make bench-...` command."""
