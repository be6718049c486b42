"""One generation: a prompt and its parameters in, deltas of text out.

The first delta is there before the status line. An answer ends here at its stops and at the deadline, and its tokens
are counted. Imported by `openai`.
"""
