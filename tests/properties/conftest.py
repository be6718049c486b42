"""A few hundred examples of each property in the everyday run; `make fuzz` tries many more (see fuzz.py)."""

from tests.properties import profiles

profiles.load("everyday")
