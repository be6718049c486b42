"""Where it all runs: a VPC without a way to the internet, or an existing one."""
