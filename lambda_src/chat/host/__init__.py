"""The front as a Lambda function: an event of API Gateway in, a proxy response with a body to iterate out.

Writes one log line a request, with metrics, a trace and, where a deployment keeps it, an audit record. Nothing in
`chat` imports it.
"""
