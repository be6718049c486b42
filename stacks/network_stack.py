"""The network stack: VPC, artifact bucket and their key, which must exist before any model."""

from __future__ import annotations

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib.access_log_bucket import AccessLogBucket
from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.model.artifact_bucket import ArtifactBucket
from constructs_lib.network.existing_vpc import ExistingVpc
from constructs_lib.network.flow_logs import FlowLogs
from constructs_lib.network.isolated_network import IsolatedNetwork
from constructs_lib.network.isolated_vpc import IsolatedVpc
from falconry.catalog import REGIONS
from falconry.names import DeploymentNames
from falconry.settings import ExistingVpcSettings, Settings
from stacks.invocable_arns import invocable_arns


class NetworkStack(Stack):
    """Private subnets whose endpoints allow only what the deployment needs, and the artifact bucket.

    The bucket is here since it has to be filled before a model that is served from it can be created.

    Attributes:
        isolated: the network, whether its VPC was there or is made here.
        artifacts: the bucket.
        key: the KMS key of bucket and logs.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        settings: Settings,
        artifact_bucket_name: str,
        audit_bucket_name: str,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: network and artifacts")
        # With an account given, CDK would ask it for its zones, though the VPC's are given too (ec2.Vpc reads
        # Stack.availability_zones first). This is the answer, under the name that CDK looks for it.
        self.node.set_context(f"availability-zones:account={settings.account}:region={settings.region}", [])
        removal_policy = RemovalPolicy.RETAIN if settings.retain_data else RemovalPolicy.DESTROY
        self.key = EncryptionKey(
            self, "Encryption", alias=settings.names.key_alias("data"), removal_policy=removal_policy
        ).key
        self.artifacts = self._artifacts(settings, artifact_bucket_name, removal_policy)
        existing = settings.network.existing
        vpc = self._existing_vpc(existing) if existing else self._new_vpc(settings, removal_policy)
        self.isolated = IsolatedNetwork(
            self,
            "Network",
            private_subnets=vpc,
            create_endpoints=existing.create_endpoints if existing else True,
            readable_buckets=[REGIONS[settings.region].jumpstart_bucket, artifact_bucket_name],
            invocable_endpoints=invocable_arns(self, settings),
            audit_bucket=audit_bucket_name if settings.operations.audit_log.enabled else None,
        )
        self._publish(settings.names)

    def _artifacts(self, settings: Settings, name: str, removal_policy: RemovalPolicy) -> ArtifactBucket:
        access_logs = None
        if settings.retain_data:
            access_logs = AccessLogBucket(
                self,
                "AccessLogs",
                bucket_name=f"{name}-logs",
                source_bucket_name=name,
                retention_days=settings.log_retention_days,
                removal_policy=removal_policy,
            )
        return ArtifactBucket(
            self,
            "Artifacts",
            bucket_name=name,
            encryption_key=self.key,
            access_logs=access_logs,
            removal_policy=removal_policy,
        )

    def _new_vpc(self, settings: Settings, removal_policy: RemovalPolicy) -> IsolatedVpc:
        network = settings.network
        made = IsolatedVpc(self, "Vpc", cidr=network.cidr, zones=network.zones, zone_names=network.zone_names)
        FlowLogs(
            self,
            "FlowLogs",
            vpc_id=made.vpc.vpc_id,
            encryption_key=self.key,
            retention_days=settings.log_retention_days,
            removal_policy=removal_policy,
        )
        return made

    def _existing_vpc(self, existing: ExistingVpcSettings) -> ExistingVpc:
        return ExistingVpc(
            self,
            "Vpc",
            vpc_id=existing.vpc_id,
            subnet_ids=existing.subnet_ids,
            route_table_ids=existing.route_table_ids,
        )

    def _publish(self, names: DeploymentNames) -> None:
        """Publish IDs: as parameters for tools in the account, as outputs for tools that read a deployment."""
        for construct_id, parameter, value in (
            ("VpcId", names.parameter("network/vpc-id"), self.isolated.vpc.vpc_id),
            (
                "FrontSecurityGroupId",
                names.parameter("network/front-security-group-id"),
                self.isolated.front_security_group.security_group_id,
            ),
            ("ArtifactBucketName", names.bucket_parameter, self.artifacts.bucket.bucket_name),
        ):
            ssm.StringParameter(self, f"{construct_id}Parameter", parameter_name=parameter, string_value=value)
            CfnOutput(self, construct_id, value=value)
