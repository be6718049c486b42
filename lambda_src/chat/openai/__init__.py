"""OpenAI's API: the body of a chat completion or a completion in, an object or a stream of OpenAI's chunks out.

Imported by `front` and `openapi`; knows nothing of `native`.
"""
