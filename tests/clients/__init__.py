"""Tests that need LangChain and LiteLLM: the packages of requirements/clients.txt, in a venv of their own."""
