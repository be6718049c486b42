"""What has to be so before a deploy, asked and not supposed. Nothing is created.

Each module has checks of one kind: functions that take a target and give `Check`s.
"""
