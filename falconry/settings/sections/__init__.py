"""The sections of a config file, a module each: their fields with defaults and limits, and what must hold among them.

Each field's description is what the reference page and an editor show of it. A module imports those of the sections
that it contains, never one that contains it.
"""
