"""GitHub's OpenID Connect provider, and roles that jobs of its workflows assume with a token instead of a key."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge

ISSUER = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"
"""What aws-actions/configure-aws-credentials asks GitHub to write into `aud`."""


class GithubProvider(Construct):
    """An OpenID Connect provider: the account trusts tokens of GitHub Actions.

    IAM knows GitHub's certificate authority, so no thumbprint is needed (IAM user guide, "Obtain the thumbprint for an
    OpenID Connect identity provider").

    Attributes:
        arn: the provider's.
    """

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.arn = iam.CfnOIDCProvider(self, "Provider", url=f"https://{ISSUER}", client_id_list=[AUDIENCE]).attr_arn


class GithubRole(Construct):
    """A role for jobs whose token says exactly what `claims` says, no pattern.

    Args:
        role_name: fixed, so that a workflow's variable can name the role before it exists.
        description: its purpose.
        provider_arn: GitHub's OpenID Connect provider.
        claims: claim -> value. Must hold `sub`; AWS also compares `ref`, `environment`, `repository_id` and a few more
            (IAM user guide, "Available keys for AWS OIDC federation").
        statements: its permissions.
        max_session_duration: for how long a job may have the credentials.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        role_name: str,
        description: str,
        provider_arn: str,
        claims: Mapping[str, str],
        statements: Sequence[iam.PolicyStatement],
        max_session_duration: Duration,
    ) -> None:
        super().__init__(scope, construct_id)
        if "sub" not in claims:
            raise ValueError(f"{role_name}: claims {sorted(claims)} lack `sub`; any repository could assume the role.")
        conditions = {f"{ISSUER}:{claim}": value for claim, value in {"aud": AUDIENCE, **claims}.items()}
        self.role = iam.Role(
            self,
            "Role",
            role_name=role_name,
            description=description,
            max_session_duration=max_session_duration,
            assumed_by=iam.FederatedPrincipal(
                provider_arn, {"StringEquals": conditions}, "sts:AssumeRoleWithWebIdentity"
            ),
            inline_policies={"Workflow": iam.PolicyDocument(statements=list(statements))},
        )
        acknowledge(self.role, "IAMNoInlinePolicy", "The policy belongs to this role only.", NIST)
