"""The deployment that a command works on: in AWS, or in the AWS that `make local` emulates."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from falconry.errors import CommandError

if TYPE_CHECKING:
    from falconry.settings import Settings

ROOT = Path(__file__).resolve().parent.parent
LOCAL_FILE = ROOT / ".local" / "api.json"
"""Where `make local` describes how to call it."""

DEFAULT_CONFIG = "falcon-180b"
"""The config that `cdk deploy` uses without `-c config=...` (cdk.json)."""

Config = Annotated[
    str,
    typer.Argument(
        metavar="CONFIG", help="A name in config/, or a path. Default: falcon-180b, or with --local what runs there."
    ),
]
Local = Annotated[bool, typer.Option("--local", help="Use the AWS that `make local` emulates.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON, for scripts.")]


@dataclass(frozen=True)
class Target:
    """One deployment.

    Attributes:
        settings: of its config file.
        config: how the command line names it, for the CDK's `-c config=`.
        local: the content of api.json for the emulated AWS, None for AWS itself.
    """

    settings: Settings
    config: str
    local: Mapping[str, Any] | None

    def client(self, service: str, *, connections: int = 10, read_timeout: int = 60) -> Any:
        """A boto3 client for the deployment's region, for so many threads; `read_timeout` in seconds."""
        endpoint_url = self.local["aws_endpoint_url"] if self.local else None
        return _client(service, self.settings.region, endpoint_url, connections, read_timeout)


def find(config: str, *, local: bool) -> Target:
    """The deployment that a command line names.

    Raises:
        CommandError: the config has errors, or no emulated AWS is running.
    """
    from falconry import settings

    described = _local() if local else None
    if described is not None and not config:
        config = described["config"]
    path = settings.config_path(config or DEFAULT_CONFIG)
    if not path.is_absolute() and not path.exists():
        path = ROOT / path
    try:
        return Target(settings.load(path, licenses_needed=False), config or DEFAULT_CONFIG, described)
    except settings.SettingsError as error:
        raise CommandError("\n".join(["the config has errors:", *error.mistakes])) from None


def _local() -> Mapping[str, Any]:
    file = Path(os.environ.get("FALCONRY_LOCAL_FILE", LOCAL_FILE))
    try:
        described: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise CommandError("no emulated AWS is running. Start it in another terminal: make local") from None
    # The person's shell may name a profile that is for AWS itself, and botocore stops at one that is not there.
    for name in ("AWS_PROFILE", "AWS_DEFAULT_PROFILE"):
        os.environ.pop(name, None)
    return described


@cache
def _client(service: str, region: str, endpoint_url: str | None, connections: int, read_timeout: int) -> Any:
    from botocore.config import Config as BotoConfig

    config = BotoConfig(
        connect_timeout=5,
        read_timeout=read_timeout,
        max_pool_connections=connections,
        retries={"mode": "standard", "total_max_attempts": 4},
        # What is uploaded has a checksum in a header, which the signature covers: hashing it once is enough.
        s3={"payload_signing_enabled": False, **({"addressing_style": "path"} if endpoint_url else {})},
    )
    where: dict[str, Any] = {"region_name": region, "config": config}
    if endpoint_url is not None:
        # The emulated AWS takes any.
        where |= {"endpoint_url": endpoint_url, "aws_access_key_id": "local", "aws_secret_access_key": "local"}
    if service == "s3":
        # boto3 adds transfers of large files, and takes long to load.
        import boto3

        return boto3.client(service, **where)
    return _botocore_session().create_client(service, **where)


@cache
def _botocore_session() -> Any:
    import botocore.session

    return botocore.session.get_session()
