"""What watches a deployment: metrics, alarms, dashboard, budget, audit log."""
