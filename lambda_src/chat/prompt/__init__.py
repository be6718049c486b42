"""The prompt: chat messages or a text in, one string that fits the model's context out.

Imported by `openai` and `generation`, and by `openapi` for the roles of messages.
"""
