"""The model server behind the endpoint: a payload in, the server's events or an API error out.

Imported by `prompt` and what stands before it; holds the call to SageMaker too.
"""
