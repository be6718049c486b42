"""A model server whose answers identify their question: `python -m tools.bench.scripted_model` prints its port.

It speaks as text-generation-inference does, as far as the emulated SageMaker asks. A question holds a mark, and each
token of the answer repeats it with the token's place: so a token that is lost, doubled or in another's answer shows.
"""

from __future__ import annotations

import argparse
import asyncio
import functools
import json
import re

from tools.bench import raw_http, tgi_answer

MARK = re.compile(r"mark-\d+-\d+")
_STREAM_HEAD = raw_http.head("200 OK", {"Content-Type": "text/event-stream", "Transfer-Encoding": "chunked"})


def answer_tokens(mark: str, count: int) -> list[str]:
    """The tokens that answer the question with this mark."""
    return [f" {mark}.{place}" for place in range(count)]


async def answer(gap_seconds: float, exchange: raw_http.Exchange) -> None:
    """Answer one request."""
    if exchange.method == "GET":  # /ping and /health
        exchange.write(raw_http.whole("200 OK", b""))
        return
    request = json.loads(exchange.body)
    mark = MARK.findall(request["inputs"])[-1]
    parameters = request["parameters"]
    tokens = answer_tokens(mark, parameters["max_new_tokens"])
    details = parameters.get("details") is True
    if not request.get("stream"):
        exchange.write(raw_http.whole("200 OK", tgi_answer.whole_answer(tokens, details=details)))
        return
    events = tgi_answer.token_events(tokens, input_length=len(request["inputs"].split()), details=details)
    frames = [raw_http.chunk(event) for event in events]
    exchange.write(_STREAM_HEAD)
    await exchange.write_paced([*frames[:-1], frames[-1] + raw_http.LAST_CHUNK], gap_seconds)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--gap-ms", type=float, default=0.0, help="from one token to the next")
    options = parser.parse_args()
    asyncio.run(raw_http.serve(functools.partial(answer, options.gap_ms / 1000)))


if __name__ == "__main__":
    main()
