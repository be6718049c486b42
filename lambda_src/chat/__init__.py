"""The gateway function's code: a request to the API in, the answer of a Falcon model out.

A request passes through host, front, native or openai, generation, prompt and serving, in this order. Each package
imports only what comes after it, and all of them may import parameters, features, http, models and errors. openapi
describes native and openai to clients.
"""
