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
        self.cloudwatch = client("cloudwatch")
        self.lambda_ = client("lambda")
        self.logs = client("logs")
        self.s3 = client("s3")
        self.sagemaker = client("sagemaker")
        self.sts = client("sts")
        self._endpoint_url, self._region, self._config = endpoint_url, region, config

    def identity_of(self, access_key: str) -> str:
        """The ARN of the owner of an access key: the emulated AWS goes by the key's id and checks no signature."""
        client = boto3.client(
            "sts",
            endpoint_url=self._endpoint_url,
            region_name=self._region,
            config=self._config,
            aws_access_key_id=access_key,
            aws_secret_access_key="unknown",  # noqa: S106
        )
        arn: str = client.get_caller_identity()["Arn"]
        return arn
