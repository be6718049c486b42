"""The delivery stack: trust in GitHub, and two roles for a repository's workflows."""

from __future__ import annotations

from aws_cdk import CfnOutput, Duration, Environment, Stack
from constructs import Construct

from constructs_lib.delivery.delivery_permissions import deploy_statements, explain_wildcards, review_statements
from constructs_lib.delivery.github_provider import GithubProvider, GithubRole
from falconry.settings import Delivery, Settings


class DeliveryStack(Stack):
    """A read-only role for pull requests, and one that deploys from the approved environment.

    No workflow deploys this stack: who may deploy is a person's decision.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, env: Environment, settings: Settings, delivery: Delivery
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: delivery")
        names, prefix = settings.names, settings.names.prefix
        provider_arn = delivery.provider_arn or GithubProvider(self, "Github").arn
        subject = f"repo:{delivery.repository}"
        domain = settings.api.domain
        review = GithubRole(
            self,
            "Review",
            role_name=names.role("review"),
            description=f"Assumed by pull requests of {delivery.repository}: review {prefix}",
            provider_arn=provider_arn,
            claims={"sub": f"{subject}:pull_request"},
            statements=review_statements(self, names, certificate_arn=domain.certificate_arn if domain else None),
            max_session_duration=Duration.hours(1),
        )
        explain_wildcards(review.role, names)
        deploy = GithubRole(
            self,
            "Deploy",
            role_name=names.role("deploy"),
            description=f"Assumed by the environment {delivery.environment} of {delivery.repository}: deploy {prefix}",
            provider_arn=provider_arn,
            # The subject of a job in an environment does not say which branch it is on; `ref` does.
            claims={
                "sub": f"{subject}:environment:{delivery.environment}",
                "ref": f"refs/heads/{delivery.branch}",
            },
            statements=deploy_statements(self),
            # A first start of the 180B model takes the better part of an hour, and a way back as long again.
            max_session_duration=Duration.hours(4),
        )
        CfnOutput(self, "ReviewRole", value=review.role.role_arn, description="For the variable AWS_REVIEW_ROLE")
        CfnOutput(self, "DeployRole", value=deploy.role.role_arn, description="For the variable AWS_DEPLOY_ROLE")
