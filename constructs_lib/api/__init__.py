"""The API in front of the models: REST API, authentication, the gateway function, AWS WAF."""
