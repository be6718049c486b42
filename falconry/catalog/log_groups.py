"""Log groups whose names are AWS's."""

from __future__ import annotations


def endpoint_log_group(endpoint_name: str) -> str:
    """The log group that SageMaker writes what the containers of an endpoint print to (developer guide, "CloudWatch
    Logs for Amazon SageMaker AI")."""
    return f"/aws/sagemaker/Endpoints/{endpoint_name}"


def component_log_group(component_name: str) -> str:
    """The log group of an inference component (developer guide, "Logs and metrics for inference components")."""
    return f"/aws/sagemaker/InferenceComponents/{component_name}"
