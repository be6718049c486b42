"""The `falconry` command: what the people who run a deployment do with it, before and after `cdk deploy`."""
