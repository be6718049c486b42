"""Generators of pages, figures and pictures. Nothing imports them."""
