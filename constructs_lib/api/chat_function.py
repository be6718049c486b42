"""The gateway function ("front"): the Lambda function that turns requests into prompts and tokens into answers."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass

from aws_cdk import Duration
from aws_cdk import aws_ec2 as ec2
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge, acknowledge_wildcard
from constructs_lib.api.front_metrics import FrontMetrics
from constructs_lib.api.function_metrics import FunctionMetrics
from constructs_lib.api.function_role import FunctionRole, read_environment, send_traces
from constructs_lib.api.lambda_code import ARCHITECTURE, RUNTIME, lambda_code
from constructs_lib.observability.audit_log import AuditLog

TIMEOUT = Duration.minutes(15)
"""The longest that Lambda runs; API Gateway's limit for a streamed response is the same."""


@dataclass(frozen=True, slots=True)
class GatewayModel:
    """What the gateway function must know of a model: an object of its environment variable FALCONRY_MODELS."""

    name: str
    endpoint: str
    inference_component: str | None
    container: str
    container_version: str
    template: str | None
    max_total_tokens: int
    max_input_tokens: int
    max_stop_sequences: int
    max_top_logprobs: int
    neutralize: bool


class ChatFunction(Construct, FrontMetrics, FunctionMetrics):
    """The gateway function in the VPC, with response streaming, allowed to invoke the given endpoints only.

    Args:
        function_name: its name.
        deployment: the name by which it counts its requests.
        models: the models it serves.
        invocable_endpoints: the ARNs of their endpoints, which may not exist yet.
        vpc, subnets, security_group: where its network interfaces are.
        encryption_key: encrypts its environment and its logs.
        log_retention_days: how long its logs are kept.
        reserved_concurrency: the most that run at once; reserved, so that no other function can use it.
        environment: further variables. Default: none.
        tracing: whether X-Ray traces a sample of the requests. Default: no.
        audit_log: where it puts a record of each request. Default: nowhere.
        audit_content: whether the records contain prompts and answers. Default: no.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        function_name: str,
        deployment: str,
        models: Sequence[GatewayModel],
        invocable_endpoints: Sequence[str],
        vpc: ec2.IVpc,
        subnets: Sequence[ec2.ISubnet],
        security_group: ec2.ISecurityGroup,
        encryption_key: kms.IKey,
        log_retention_days: int,
        reserved_concurrency: int,
        environment: Mapping[str, str] | None = None,
        tracing: bool = False,
        audit_log: AuditLog | None = None,
        audit_content: bool = False,
    ) -> None:
        super().__init__(scope, construct_id)
        self.function_name = function_name
        self.deployment = deployment
        identity = FunctionRole(
            self,
            "Identity",
            function_name=function_name,
            encryption_key=encryption_key,
            log_retention_days=log_retention_days,
            permissions={
                # The streaming call needs no action of its own.
                "Invoke": [
                    iam.PolicyStatement(
                        sid="Invoke", actions=["sagemaker:InvokeEndpoint"], resources=list(invocable_endpoints)
                    )
                ],
                "JoinNetwork": _join_network(),
                "ReadEnvironment": [read_environment(encryption_key)],
                **({"SendTraces": [send_traces()]} if tracing else {}),
                **({"Audit": audit_log.write_statements()} if audit_log else {}),
            },
        )
        acknowledge_wildcard(identity, "*", "Only for actions of EC2 and X-Ray that take no resource, or make it.")
        self.function = lambda_.Function(
            self,
            "Function",
            function_name=function_name,
            description="Falconry gateway function: applies the chat template, calls SageMaker, streams the answer",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            code=lambda_code("chat", "streaming_runtime"),
            handler="chat.host.handler.handler",
            role=identity.role,
            # A share of a CPU comes with memory; the front's start is bound by the CPU, not by memory.
            memory_size=1024,
            timeout=TIMEOUT,
            environment={
                "AWS_LAMBDA_EXEC_WRAPPER": "/var/task/streaming_runtime/bootstrap",
                "FALCONRY_MODELS": json.dumps([asdict(model) for model in models], separators=(",", ":")),
                **(_audit_variables(audit_log.bucket_name, audit_content) if audit_log else {}),
                "FALCONRY_DEPLOYMENT": deployment,
                **(environment or {}),
            },
            environment_encryption=encryption_key,
            vpc=vpc,
            vpc_subnets=ec2.SubnetSelection(subnets=subnets),
            security_groups=[security_group],
            log_group=identity.log_group,
            reserved_concurrent_executions=reserved_concurrency,
            tracing=lambda_.Tracing.ACTIVE if tracing else None,
        )
        if audit_log:
            audit_log.grant_write(identity.role)
            acknowledge_wildcard(identity, audit_log.objects, "One object a request, named by the time and its id.")
        acknowledge(
            self.function, "LambdaDLQ", "API Gateway calls it and waits for the answer; nothing is queued.", NIST
        )


def _audit_variables(bucket_name: str, content: bool) -> dict[str, str]:
    return {"FALCONRY_AUDIT_BUCKET": bucket_name, "FALCONRY_AUDIT_CONTENT": str(content).lower()}


def _join_network() -> list[iam.PolicyStatement]:
    """What Lambda asks of the role of a function in a VPC (developer guide, "Giving Lambda functions access to
    resources in an Amazon VPC")."""
    return [
        iam.PolicyStatement(
            sid="JoinNetwork",
            actions=[
                "ec2:AssignPrivateIpAddresses",
                "ec2:CreateNetworkInterface",
                "ec2:DeleteNetworkInterface",
                "ec2:DescribeNetworkInterfaces",
                "ec2:DescribeSubnets",
                "ec2:UnassignPrivateIpAddresses",
            ],
            # The Describe actions take no resource, and the interfaces have no id before Lambda makes them.
            resources=["*"],
        )
    ]
