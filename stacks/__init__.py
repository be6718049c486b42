"""The stacks of a deployment: network, models, api, delivery. Each composes constructs and decides nothing."""
