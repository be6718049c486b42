"""What a request meets before the model: REST API, keys and tokens, the gateway function and its role."""
