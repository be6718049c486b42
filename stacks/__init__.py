"""The stacks of a deployment: network, models, api, operations. Each composes constructs and decides nothing."""
