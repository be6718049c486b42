"""The API's description: the tables that requests are checked against in, an OpenAPI document out.

Imported by `front` alone, and only when somebody asks for the document.
"""
