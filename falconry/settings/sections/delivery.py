"""The section `delivery`: lets a GitHub repository's workflows review and deploy it."""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from falconry.settings.section import Section


class Delivery(Section):
    """Two roles for the workflows of a GitHub repository: to review pull requests, and to deploy."""

    repository: Annotated[str, Field(pattern=r"^[A-Za-z0-9-]+(@\d+)?/[A-Za-z0-9._-]+(@\d+)?$")] = Field(
        description="`owner/name` as in the tokens' subject. Repositories made since July 2026 have their ids in it: "
        "`owner@123456/name@456789`, which the repository's OpenID Connect settings show."
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
        description="GitHub's OpenID Connect provider in this account, by its ARN, where there is one already: an "
        "account can have one only. Default: it is made.",
    )
