"""boto3 clients of the emulated AWS itself, for the adapters."""

import threading
from collections.abc import Callable
from functools import cache
from typing import Any

import boto3
from botocore.config import Config

_endpoint: list[str] = []
_clients: dict[tuple[str, str], Any] = {}
_lock = threading.Lock()
# Path-style S3 addresses: the emulated AWS has no wildcard DNS. No retries: an answer of its own server is final.
_CONFIG = Config(s3={"addressing_style": "path"}, retries={"total_max_attempts": 1}, max_pool_connections=20)


def use_endpoint(url: str, answer: Callable[..., Any]) -> None:
    """Says where the emulated AWS listens, and what answers the clients here. Called once, before the first request."""
    _endpoint[:] = [url]
    _session().events.register("before-send", answer)
    _clients.clear()


def endpoint() -> str:
    return _endpoint[0]


@cache
def _session() -> boto3.session.Session:
    # One for all: a session of its own would load AWS's endpoints and models for each client anew, 10 MB and more.
    # The account is moto's default one, whatever the credentials say.
    return boto3.session.Session("emulated", "emulated")


def clients_of(region: str) -> Callable[[str], Any]:
    """A function from a service's name to its client in the region. Clients are kept; they are thread-safe."""

    def client(service: str) -> Any:
        with _lock:
            if (region, service) not in _clients:
                _clients[region, service] = _session().client(
                    service, region_name=region, endpoint_url=endpoint(), config=_CONFIG
                )
            return _clients[region, service]

    return client
