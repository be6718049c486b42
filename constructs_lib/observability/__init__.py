"""Alarms, dashboard, budget and audit log of a deployment, and the topics that notify its operators.

The metrics are the constructs' own (`metric_*`).
"""
