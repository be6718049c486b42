"""Responses that end their work when the client goes away."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Mapping
from contextlib import aclosing
from typing import Any, TypeVar

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from local_aws.model_server.responses import KEEP_ALIVE

KEEP_ALIVE_SECONDS = 15.0
"""axum's default interval."""

Result = TypeVar("Result")


async def unless_disconnected(receive: Receive, work: Coroutine[Any, Any, Result]) -> Result | None:
    """The result of `work`, or None after cancelling it because the client has gone."""
    task = asyncio.ensure_future(work)
    gone = asyncio.ensure_future(_disconnect(receive))
    try:
        await asyncio.wait((task, gone), return_when=asyncio.FIRST_COMPLETED)
        return task.result() if task.done() else None
    finally:
        for one in (task, gone):
            one.cancel()
        await asyncio.gather(task, gone, return_exceptions=True)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


class EventStreamResponse(Response):
    """Sends events as they are made, and a comment line whenever nothing came for KEEP_ALIVE_SECONDS."""

    media_type = "text/event-stream"

    def __init__(
        self,
        events: Callable[[], AsyncGenerator[bytes]],
        headers: Mapping[str, str],
        keep_alive_seconds: float = KEEP_ALIVE_SECONDS,
    ) -> None:
        self.status_code = 200
        self.background = None
        self._events = events
        self._interval = keep_alive_seconds
        self.raw_headers = [
            (name.encode("latin-1"), value.encode("latin-1"))
            for name, value in {"content-type": "text/event-stream", "cache-control": "no-cache", **headers}.items()
        ]

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await unless_disconnected(receive, self._send_events(send))

    async def _send_events(self, send: Send) -> None:
        async with aclosing(self._events()) as events:
            following = asyncio.ensure_future(anext(events, None))
            try:
                while True:
                    done, _ = await asyncio.wait((following,), timeout=self._interval)
                    body = following.result() if done else KEEP_ALIVE
                    if body is None:
                        break
                    await send({"type": "http.response.body", "body": body, "more_body": True})
                    if done:
                        following = asyncio.ensure_future(anext(events, None))
            finally:
                following.cancel()
                await asyncio.gather(following, return_exceptions=True)
        await send({"type": "http.response.body", "body": b"", "more_body": False})
