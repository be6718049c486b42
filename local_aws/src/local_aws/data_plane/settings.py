"""What the data plane is told at its start: where the control plane is, which API to serve, and AWS's limits."""

import sys
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Limits:
    """AWS's documented limits, as settings so that a test can make them short. Times in seconds, sizes in bytes."""

    # API Gateway: "Amazon API Gateway quotas", REST API.
    api_request_bytes: int = 10 * 1024 * 1024
    authorizer_seconds: float = 29.0
    stream_idle_seconds: float = 300.0
    # The metadata and its delimiter must be within the first 16 KB of a streamed response ("response-transfer-mode").
    stream_prelude_bytes: int = 16 * 1024

    # Lambda: "Lambda quotas", and the text of its own error for a response (6 MB plus 100 bytes).
    lambda_request_bytes: int = 6 * 1024 * 1024
    lambda_response_bytes: int = 6 * 1024 * 1024 + 100
    lambda_init_seconds: float = 10.0

    # SageMaker runtime: InvokeEndpoint and InvokeEndpointWithResponseStream in the API reference.
    sagemaker_request_bytes: int = 6 * 1024 * 1024
    sagemaker_invocation_seconds: float = 60.0
    sagemaker_stream_seconds: float = 480.0


@dataclass(frozen=True)
class Settings:
    """One data plane. Ports of 0 take a free port; which one is in `<state_dir>/data_plane.json`."""

    aws_endpoint_url: str
    region: str
    state_dir: Path
    port: int = 0
    services_port: int = 0
    management_port: int = 0
    api_name: str | None = None
    api_id: str | None = None
    model_dir: Path | None = None
    model_server_url: str | None = None
    # What runs a container's image here; the port and the folder of the weights are added.
    model_server_command: tuple[str, ...] = (sys.executable, "-m", "local_aws.model_server")
    max_concurrency: int = 16
    part_size: int | None = None
    poll_seconds: float = 1.0
    limits: Limits = field(default_factory=Limits)
