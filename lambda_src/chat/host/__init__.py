"""The front as a Lambda function: an event of API Gateway in, a proxy response with a body to iterate out.

Writes one log line for each request, with metrics, a trace and, where a deployment keeps one, an audit record. Nothing
in `chat` imports it.
"""
