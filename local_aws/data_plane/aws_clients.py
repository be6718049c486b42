"""boto3 clients for the control plane. They are used from threads; boto3's clients allow that."""

from typing import Any

import boto3
from botocore.config import Config


class AwsClients:
    """One client a service, all against the emulated AWS and never against a real account."""

    def __init__(self, endpoint_url: str, region: str) -> None:
        # Fixed credentials: the machine's own profile or role must never be used against an emulated endpoint.
        session = boto3.session.Session(aws_access_key_id="local", aws_secret_access_key="local", region_name=region)  # noqa: S106
        config = Config(connect_timeout=2, read_timeout=10, retries={"total_max_attempts": 2}, max_pool_connections=10)

        def client(service: str) -> Any:
            return session.client(service, endpoint_url=endpoint_url, config=config)

        self.apigateway = client("apigateway")
        self.lambda_ = client("lambda")
        self.logs = client("logs")
        self.s3 = client("s3")
        self.sagemaker = client("sagemaker")
        self.sts = client("sts")
