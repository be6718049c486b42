"""The API's description: the operations' own tables of parameters in, an OpenAPI document out.

Only `front` imports it, and only when somebody asks for the document.
"""
