"""Checks of the account before a deploy. Nothing is created.

Each module has checkers of one kind: functions that take a `Target` and return `Check`s. `run` runs all of them for
`falconry.commands.preflight`.
"""
