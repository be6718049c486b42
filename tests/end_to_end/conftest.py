"""One deployment in the emulated AWS for the end-to-end tests: three chat models and a base model."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import httpx2
import pytest
from openai import OpenAI

from falconry.names import DeploymentNames

from .local import Local, running

CONFIG = """\
region: us-west-2
retain_data: false
models:
  - name: falcon-180b-chat
    accept_license: true
  - name: falcon-7b-instruct
  - name: falcon-180b
    accept_license: true
  - name: falcon-40b-instruct
api:
  clients:
    - {name: tests, rate_per_second: 1000, burst: 1000}
    - {name: hasty, rate_per_second: 1, burst: 2}
operations:
  audit_log: {enabled: true, include_content: true}
"""


@dataclass(frozen=True, slots=True)
class Api:
    """The deployed API, and the processes behind it; `aws` gives a client of the emulated AWS."""

    base_url: str
    native_url: str
    key: str
    hasty_key: str
    local: Local
    aws: Callable[[str], Any]

    @property
    def openai(self) -> OpenAI:
        """OpenAI's client, which tries once: a test is to see the first answer."""
        return OpenAI(base_url=self.base_url, api_key=self.key, max_retries=0)

    def post(self, path: str, *, key: str | None = "", **arguments: Any) -> httpx2.Response:
        """A plain POST below the API's root; `key` None sends none, "" the right one."""
        headers = {} if key is None else {"Authorization": f"Bearer {key or self.key}"}
        return httpx2.post(f"{self.base_url.removesuffix('/v1')}{path}", headers=headers, timeout=60, **arguments)


@pytest.fixture(scope="session")
def api(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Api]:
    folder = tmp_path_factory.mktemp("local")
    config = folder / "e2e.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    with running(folder / "state", "--config", str(config)) as local:
        description = local.wait_until_ready()
        aws = functools.partial(
            boto3.client,
            endpoint_url=description["aws_endpoint_url"],
            region_name=description["region"],
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )
        yield Api(
            description["base_url"],
            description["native_url"],
            description["api_key"],
            _key_of_client("hasty", aws),
            local,
            aws,
        )


def _key_of_client(name: str, aws: Callable[[str], Any]) -> str:
    """A client's key, by the parameter that the stack writes for other tools."""
    parameter = aws("ssm").get_parameter(Name=DeploymentNames("e2e").key_parameter(name))
    key = aws("apigateway").get_api_key(apiKey=parameter["Parameter"]["Value"], includeValue=True)
    return str(key["value"])
