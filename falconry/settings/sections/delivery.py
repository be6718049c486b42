"""The section `delivery`: lets a GitHub repository's workflows review and deploy it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from falconry.settings.section import Section


class Delivery(Section):
    """Two IAM roles for a GitHub repository's workflows: one reviews pull requests, one deploys."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?$")] = Field(
        description="`owner/name`, as in the `sub` claim of GitHub's tokens. Repositories created since July "
        "2026 include their IDs: `owner@123456/name@456789`, as the repository's OpenID Connect "
        "settings show."
    )
    environment: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")] = Field(
        default="production",
        description="The GitHub environment whose jobs may deploy. Its protection rules decide who approves.",
    )
    branch: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._/-]*$")] = Field(
        default="main", description="The only branch that may deploy."
    )
    provider_arn: (
        Annotated[
            str,
            Field(pattern=r"^arn:aws[a-z-]*:iam::\d{12}:oidc-provider/token\.actions\.githubusercontent\.com$"),
        ]
        | None
    ) = Field(
        default=None,
        description="ARN of GitHub's OpenID Connect provider, if the account already has one; it can have "
        "only one. Default: it is created.",
    )
