"""What several tests of local_aws share: running servers, clients for them, and functions to deploy."""
