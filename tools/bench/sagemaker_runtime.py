"""A stand-in for the SageMaker runtime in its own process: `python -m tools.bench.sagemaker_runtime` prints its port.

The endpoint `no-gap` answers with all tokens at once, `paced` with one every 45 ms. What they answer is TEXT, cut or
repeated to as many tokens as `max_new_tokens` asks for, so that every contestant gets the same bytes.
"""

from __future__ import annotations

import asyncio
import functools
import json
import re

from local_aws.data_plane.sagemaker_runtime import event_stream

from tools.bench import raw_http, tgi_answer

TOKENS = 64
GAP_SECONDS = {"no-gap": 0.0, "paced": 0.045}
"""45 ms per token is typical of a 180B model on eight A100s."""

TEXT = (
    " A falcon leaves the cliff before the sun is over the ridge and climbs until the valley is a map of rivers and"
    " roads. It waits there with the wind under its wings while the flock below turns as one, and when it falls it"
    " falls faster than anything else alive, a stone with eyes, and then it is level again above the water."
)
_WORDS = re.findall(r" [^ ]+", TEXT)

_ROUTE = re.compile(r"/endpoints/(?P<name>[^/]+)/(?P<call>invocations(-response-stream)?)$")
_STREAM_HEAD = raw_http.head(
    "200 OK",
    {
        "Content-Type": event_stream.CONTENT_TYPE,
        "X-Amzn-SageMaker-Content-Type": "text/event-stream",
        "x-Amzn-Invoked-Production-Variant": "AllTraffic",
        "Transfer-Encoding": "chunked",
    },
)
_DEFAULT_MAX_NEW_TOKENS = 100


def answer_tokens(count: int) -> list[str]:
    """The `count` tokens of every answer."""
    return [_WORDS[index % len(_WORDS)] for index in range(count)]


@functools.cache
def _frames(count: int, input_length: int, details: bool) -> list[bytes]:
    """Each token as one PayloadPart in one HTTP chunk; the last one brings the end of the body along."""
    events = tgi_answer.token_events(answer_tokens(count), input_length=input_length, details=details)
    frames = [raw_http.chunk(event_stream.payload_part(event)) for event in events]
    return [*frames[:-1], frames[-1] + raw_http.LAST_CHUNK]


async def answer(exchange: raw_http.Exchange) -> None:
    """Answer one call of the runtime API."""
    route = _ROUTE.match(exchange.path)
    if route is None or route["name"] not in GAP_SECONDS:
        refusal = {"Message": f"{exchange.path}: the endpoints here are {', '.join(GAP_SECONDS)}"}
        exchange.write(raw_http.whole("400 Bad Request", json.dumps(refusal).encode()))
        return
    request = json.loads(exchange.body)
    parameters = request.get("parameters") or {}
    count = int(parameters.get("max_new_tokens") or _DEFAULT_MAX_NEW_TOKENS)
    details = parameters.get("details") is True
    gap = GAP_SECONDS[route["name"]]
    if route["call"] == "invocations":
        await asyncio.sleep(count * gap)
        exchange.write(raw_http.whole("200 OK", tgi_answer.whole_answer(answer_tokens(count), details=details)))
        return
    frames = _frames(count, len(request["inputs"].split()), details)
    exchange.write(_STREAM_HEAD)
    await exchange.write_paced(frames, gap)


if __name__ == "__main__":
    asyncio.run(raw_http.serve(answer))
