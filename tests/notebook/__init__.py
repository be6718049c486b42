"""Tests that need the packages of requirements/notebook.txt, in a venv of their own."""
