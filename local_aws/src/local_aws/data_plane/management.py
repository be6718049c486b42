"""The launcher's view of the data plane, on a port of its own so that it never collides with a deployed route.

GET /_local/health   what runs and whether all of it is ready
POST /_local/reload  reads the deployed state now instead of at the next poll
"""

import json
from collections.abc import Awaitable, Callable

from local_aws.data_plane.http_messages import Request, Response

_JSON = [("Content-Type", "application/json")]


class Management:
    """Answers the two calls; `report` gives the health as an object."""

    def __init__(self, report: Callable[[], dict[str, object]], reload: Callable[[], Awaitable[None]]) -> None:
        self._report = report
        self._reload = reload

    async def handle(self, request: Request, response: Response) -> None:
        match (request.method, request.path):
            case ("GET", "/_local/health"):
                await response.send(200, _JSON, self._body())
            case ("POST", "/_local/reload"):
                await self._reload()
                await response.send(200, _JSON, self._body())
            case _:
                body = b'{"message":"there are GET /_local/health and POST /_local/reload"}'
                await response.send(404, _JSON, body)

    def _body(self) -> bytes:
        return json.dumps(self._report(), default=str).encode()
