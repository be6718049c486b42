"""OpenAI's API: the body of a chat completion or a completion in, an object or a stream of OpenAI's chunks out.

Bodies become typed requests here, once. Imported by `front` and `openapi`; knows nothing of `native`.
"""
