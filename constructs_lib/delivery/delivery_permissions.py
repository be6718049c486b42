"""Permissions of the workflows' two roles: review a deployment and its account, or deploy as the CDK does."""

from __future__ import annotations

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge_wildcard
from falconry.names import DeploymentNames

BOOTSTRAP_QUALIFIER = "hnb659fds"
"""What the names of the CDK's bootstrap resources hold, unless the account was bootstrapped with another one."""

BOOTSTRAP_ROLES = ("deploy", "file-publishing", "image-publishing", "lookup")
"""The bootstrap roles that the CDK CLI assumes. CloudFormation's own, `cfn-exec`, is not among them."""

TOOLKIT_STACK = "CDKToolkit"


def deploy_statements(stack: Stack) -> list[iam.PolicyStatement]:
    """Statements for assuming the CDK's bootstrap roles of this account and region, and nothing else."""
    names = [f"cdk-{BOOTSTRAP_QUALIFIER}-{role}-role-{stack.account}-{stack.region}" for role in BOOTSTRAP_ROLES]
    return [
        iam.PolicyStatement(
            sid="AssumeBootstrapRoles",
            actions=["sts:AssumeRole"],
            resources=[f"arn:{Aws.PARTITION}:iam::{stack.account}:role/{name}" for name in names],
        )
    ]


def review_statements(
    stack: Stack, names: DeploymentNames, *, certificate_arn: str | None
) -> list[iam.PolicyStatement]:
    """To compare templates with what is deployed (`cdk diff`, `falconry plan`) and to ask whether a deploy will work
    (`falconry preflight`). No statement reads a prompt, a log, a secret, a key or a weight.

    Args:
        names: the names of the deployment's resources.
        certificate_arn: of the custom domain, if there is one.
    """
    here = f"{stack.region}:{stack.account}"
    statements = [
        iam.PolicyStatement(
            sid="ReadStacks",
            actions=["cloudformation:DescribeStacks", "cloudformation:GetTemplate"],
            resources=_stacks(stack, names),
        ),
        iam.PolicyStatement(
            sid="ReadNames",
            actions=["ssm:GetParameter"],
            resources=[
                f"arn:{Aws.PARTITION}:ssm:{here}:parameter/cdk-bootstrap/{BOOTSTRAP_QUALIFIER}/version",
                f"arn:{Aws.PARTITION}:ssm:{here}:parameter{names.parameter('*')}",
            ],
        ),
        iam.PolicyStatement(
            sid="ReadConcurrency",
            actions=["lambda:GetFunctionConcurrency"],
            resources=[f"arn:{Aws.PARTITION}:lambda:{here}:function:{names.prefix}-*"],
        ),
        iam.PolicyStatement(
            sid="ReadLogRole",
            # The account's role for API Gateway's logs.
            actions=["apigateway:GET"],
            resources=[f"arn:{Aws.PARTITION}:apigateway:{stack.region}::/account"],
        ),
        iam.PolicyStatement(
            sid="CountInstances",
            # A quota is the account's, so all of its endpoints count.
            actions=["sagemaker:DescribeEndpoint", "sagemaker:DescribeEndpointConfig"],
            resources=[
                f"arn:{Aws.PARTITION}:sagemaker:{here}:endpoint/*",
                f"arn:{Aws.PARTITION}:sagemaker:{here}:endpoint-config/*",
            ],
        ),
        iam.PolicyStatement(
            sid="ReadModels",
            actions=["sagemaker:DescribeModel"],
            resources=[f"arn:{Aws.PARTITION}:sagemaker:{here}:model/*"],
        ),
        iam.PolicyStatement(
            sid="ReadComponents",
            # The copies of a model that may scale to zero.
            actions=["sagemaker:DescribeInferenceComponent"],
            resources=[f"arn:{Aws.PARTITION}:sagemaker:{here}:inference-component/*"],
        ),
        iam.PolicyStatement(
            sid="FindWeights",
            # JumpStart's bucket is open to everyone who signs; a role must still be allowed to go there.
            actions=["s3:GetObject", "s3:ListBucket"],
            resources=[
                f"arn:{Aws.PARTITION}:s3:::jumpstart-cache-prod-{stack.region}",
                f"arn:{Aws.PARTITION}:s3:::jumpstart-cache-prod-{stack.region}/*",
            ],
        ),
        # Lists and the account's own figures: no resource narrows them (Service Authorization Reference).
        iam.PolicyStatement(
            sid="AskAccount",
            actions=[
                "application-autoscaling:DescribeScalableTargets",
                "ec2:DescribeAvailabilityZones",
                "ec2:DescribeInstanceTypeOfferings",
                "ec2:DescribeRegions",
                "ec2:DescribeSubnets",
                "ec2:DescribeVpcAttribute",
                "ec2:DescribeVpcEndpointServices",
                "ec2:DescribeVpcEndpoints",
                "ec2:DescribeVpcs",
                "lambda:GetAccountSettings",
                "sagemaker:ListEndpoints",
                "sagemaker:ListInferenceComponents",
                "servicequotas:GetAWSDefaultServiceQuota",
                "servicequotas:GetServiceQuota",
                "servicequotas:ListServiceQuotas",
            ],
            resources=["*"],
        ),
    ]
    if certificate_arn:
        statements.append(
            iam.PolicyStatement(sid="ReadCertificate", actions=["acm:DescribeCertificate"], resources=[certificate_arn])
        )
    return statements


def explain_wildcards(role: Construct, names: DeploymentNames) -> None:
    """Say why the statements of `review_statements` name what they name."""
    stack = Stack.of(role)
    here = f"{stack.region}:{stack.account}"
    own = "The deployment's own, by its name; ids and versions follow it."
    for arn in (
        *_stacks(stack, names),
        f"arn:{Aws.PARTITION}:ssm:{here}:parameter{names.parameter('*')}",
        f"arn:{Aws.PARTITION}:lambda:{here}:function:{names.prefix}-*",
    ):
        acknowledge_wildcard(role, arn, own)
    for kind in ("endpoint", "endpoint-config", "inference-component", "model"):
        reason = "CloudFormation names models and configurations, and a quota counts all endpoints of the account."
        acknowledge_wildcard(role, f"arn:{Aws.PARTITION}:sagemaker:{here}:{kind}/*", reason)
    acknowledge_wildcard(
        role, f"arn:{Aws.PARTITION}:s3:::jumpstart-cache-prod-{stack.region}/*", "Public weights, to see their size."
    )
    acknowledge_wildcard(role, "*", "Only for actions that take no resource; see the statement.")


def _stacks(stack: Stack, names: DeploymentNames) -> list[str]:
    return [
        f"arn:{Aws.PARTITION}:cloudformation:{stack.region}:{stack.account}:stack/{name}/*"
        for name in (names.stack("*"), TOOLKIT_STACK)
    ]
