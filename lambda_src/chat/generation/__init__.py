"""One generation: a prompt and its parameters in, pieces of text out, whose first is there before the status line.

Ends an answer at its stops and at the deadline, and counts tokens. Imported by `openai` and `native`.
"""
