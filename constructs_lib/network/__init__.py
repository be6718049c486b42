"""The network: a VPC without a route to the internet, or an existing VPC, and its endpoints."""
