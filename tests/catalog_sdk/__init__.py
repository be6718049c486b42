"""Tests that need the SageMaker Python SDK: the packages of requirements/sagemaker.txt, in a venv of their own."""
