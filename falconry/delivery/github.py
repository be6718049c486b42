"""A few calls of GitHub's REST API, with the token that every job has."""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
from collections.abc import Iterator
from typing import Any

from falconry.delivery.errors import DeliveryError

TIMEOUT = 30
PAGE = 100
"""The most that GitHub gives at once."""


class Github:
    """The API of one repository. The environment says which: GITHUB_API_URL, GITHUB_REPOSITORY, GITHUB_TOKEN."""

    def __init__(self) -> None:
        missing = [name for name in ("GITHUB_API_URL", "GITHUB_REPOSITORY", "GITHUB_TOKEN") if not os.environ.get(name)]
        if missing:
            raise DeliveryError(f"{', '.join(missing)} not set. A workflow sets them; outside one, set them yourself.")
        self._root = f"{os.environ['GITHUB_API_URL'].rstrip('/')}/repos/{os.environ['GITHUB_REPOSITORY']}"
        self._token = os.environ["GITHUB_TOKEN"]

    def get(self, path: str) -> Any:
        """The JSON at `path` below the repository."""
        return self._call("GET", path)

    def pages(self, path: str) -> Iterator[Any]:
        """All items of a list that comes in pages."""
        number, full = 1, True
        while full:
            items = self.get(f"{path}?per_page={PAGE}&page={number}")
            yield from items
            number, full = number + 1, len(items) == PAGE

    def post(self, path: str, body: Any) -> Any:
        return self._call("POST", path, body)

    def patch(self, path: str, body: Any) -> Any:
        return self._call("PATCH", path, body)

    def _call(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(  # noqa: S310 (the API's own URL)
            f"{self._root}{path}",
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self._token}",
                "Content-Type": "application/json",
                "X-GitHub-Api-Version": "2022-11-28",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=TIMEOUT) as response:  # noqa: S310
                return json.load(response)
        except urllib.error.HTTPError as error:
            said = error.read().decode(errors="replace")[:300]
            raise DeliveryError(f"GitHub answered {error.code} to {method} {path}: {said}") from None
        except (urllib.error.URLError, TimeoutError) as error:
            raise DeliveryError(f"GitHub cannot be reached for {method} {path}: {error}") from None
