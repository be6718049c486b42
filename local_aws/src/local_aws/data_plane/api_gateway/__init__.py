"""API Gateway's REST APIs: routing, authorizers, keys and plans, gateway responses, and the integrations."""
