"""The network that models and front share."""

from __future__ import annotations

from aws_cdk import Environment, Stack
from constructs import Construct

from catalog import REGIONS
from constructs_lib.falcon_endpoint import endpoint_arn
from constructs_lib.isolated_network import IsolatedNetwork
from settings import Settings


class NetworkStack(Stack):
    """An isolated VPC whose endpoints let through what this deployment needs."""

    def __init__(
        self, scope: Construct, construct_id: str, *, env: Environment, settings: Settings, artifact_bucket_name: str
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: isolated network")
        self.isolated = IsolatedNetwork(
            self,
            "Network",
            cidr=settings.network.cidr,
            zones=settings.network.zones,
            readable_buckets=[REGIONS[settings.region].jumpstart_bucket, artifact_bucket_name],
            invocable_endpoints=[endpoint_arn(self, settings.endpoint_name(model)) for model in settings.models],
        )
