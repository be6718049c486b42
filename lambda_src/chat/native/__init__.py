"""The native route: the model server's own payload in, its own answer out, checked and kept to the deadline.

Imported by `front` and `openapi`; knows nothing of `openai`.
"""
