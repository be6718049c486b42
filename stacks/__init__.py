"""The stacks of a deployment: network, models, api, operations, delivery. Each composes and decides nothing."""
