"""The prompt: chat messages or a text in, one string that fits the model's context out.

Imported by `generation` and what stands before it.
"""
