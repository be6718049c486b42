"""An SNS topic for alarms."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Aws, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct


class AlarmTopic(Construct):
    """An encrypted topic that accepts TLS connections only, from given services of this account.

    Args:
        topic_name: its name.
        display_name: the sender of its e-mails.
        encryption_key: the KMS key of its messages, which its publishers must be allowed to use (`grant_encrypt`).
        emails: recipients, each of whom confirms the subscription once.
        publishers: services that may publish, with the ARN (or pattern) of their resources.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        topic_name: str,
        display_name: str,
        encryption_key: kms.IKey,
        emails: Sequence[str],
        publishers: Mapping[str, str],
    ) -> None:
        super().__init__(scope, construct_id)
        self.topic = sns.Topic(
            self,
            "Topic",
            topic_name=topic_name,
            display_name=display_name,
            master_key=encryption_key,
            enforce_ssl=True,
        )
        for service, source in publishers.items():
            self.topic.add_to_resource_policy(
                iam.PolicyStatement(
                    sid=f"From{service.partition('.')[0].capitalize()}",
                    principals=[iam.ServicePrincipal(service)],
                    actions=["sns:Publish"],
                    resources=[self.topic.topic_arn],
                    conditions=_on_behalf_of(self, source),
                )
            )
        for number, email in enumerate(emails):
            sns.CfnSubscription(
                self, f"Email{number}", topic_arn=self.topic.topic_arn, protocol="email", endpoint=email
            )


def grant_encrypt(encryption_key: kms.Key, publishers: Mapping[str, str]) -> None:
    """Let the services encrypt what they publish (SNS developer guide, "Enabling compatibility between event sources
    from AWS services and encrypted topics")."""
    for service, source in publishers.items():
        encryption_key.add_to_resource_policy(
            iam.PolicyStatement(
                sid=f"For{service.partition('.')[0].capitalize()}",
                principals=[iam.ServicePrincipal(service)],
                actions=["kms:Decrypt", "kms:GenerateDataKey*"],
                resources=["*"],  # in a key's policy "*" is the key itself
                conditions=_on_behalf_of(encryption_key, source),
            )
        )


def alarms_publish(scope: Construct) -> dict[str, str]:
    """CloudWatch, for the account's alarms in this region."""
    stack = Stack.of(scope)
    return {"cloudwatch.amazonaws.com": f"arn:{Aws.PARTITION}:cloudwatch:{stack.region}:{stack.account}:alarm:*"}


def budgets_publish(scope: Construct) -> dict[str, str]:
    """AWS Budgets, for the account's budgets (Cost Management user guide, "Creating an Amazon SNS topic for budget
    notifications")."""
    return {"budgets.amazonaws.com": f"arn:{Aws.PARTITION}:budgets::{Stack.of(scope).account}:*"}


def _on_behalf_of(scope: Construct, source: str) -> dict[str, dict[str, str]]:
    return {"StringEquals": {"aws:SourceAccount": Stack.of(scope).account}, "ArnLike": {"aws:SourceArn": source}}
