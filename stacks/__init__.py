"""The stacks of a deployment: network, models, api. Each composes constructs and decides nothing."""
