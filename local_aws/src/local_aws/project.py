"""What local_aws wants to know of the project that it runs. `local_aws.extensions` answers; nothing else knows it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol


class ProjectError(Exception):
    """The project's config cannot be used; the text says why and what to do."""


@dataclass(frozen=True, slots=True)
class Quota:
    """A service quota of the account: `code` and `name` as AWS has them, for example "L-1194F27D"."""

    service: str
    code: str
    name: str
    value: float


@dataclass(frozen=True, slots=True)
class PublicBucket:
    """A bucket of another account that everybody may read, with its objects by key."""

    owner: str
    name: str
    region: str
    objects: Mapping[str, bytes]


class Account(Protocol):
    """What there is before anything is deployed."""

    def quotas(self) -> Iterator[Quota]:
        """The quotas that the project's deployments need, beside those of Lambda and the VPC."""
        ...

    def public_buckets(self) -> Iterator[PublicBucket]: ...


class Deployment(Protocol):
    """One deployment of the project, as its config describes it."""

    @property
    def title(self) -> str:
        """What the first line printed calls it."""
        ...

    @property
    def region(self) -> str: ...

    @property
    def account(self) -> str | None:
        """The account's number where the config names one."""
        ...

    @property
    def api_name(self) -> str:
        """The name of the REST API to serve."""
        ...

    @property
    def synth_arguments(self) -> Sequence[str]:
        """Arguments of `cdk synth` beside the output's folder."""
        ...

    def publish(self, aws_url: str) -> None:
        """Put into the AWS at `aws_url` what a deployment expects to find there."""
        ...

    def describe_api(self, url: str, aws_url: str) -> Mapping[str, Any]:
        """What a caller of the API at `url` needs: the content of api.json."""
        ...

    def banner(self, api: Mapping[str, Any], logs: Path, seconds: float) -> str:
        """What is printed when the API is ready; `api` is the content of api.json."""
        ...
