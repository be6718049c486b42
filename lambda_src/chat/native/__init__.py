"""The native route: the server's own payload in, its own answer out, checked and kept to the deadline.

Imported by `front`; knows nothing of `openai`.
"""
