"""Generators of the documentation: reference pages from the code that they describe, and the site."""
