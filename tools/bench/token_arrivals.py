"""When the tokens of a streamed answer reach the client: `make bench-arrivals` while `make local` runs.

Prints, for the median of several runs of one answer of 100 tokens, the milliseconds from sending the request to the
status line and to each tenth piece of text, and how much of the whole time had passed when the first piece came.
"""

from __future__ import annotations

import json
import statistics
import sys
import time
from pathlib import Path

import httpx2

API_FILE = Path(__file__).resolve().parents[2] / ".local" / "api.json"
RUNS = 9
TOKENS = 100
QUESTION = "Building a website can be done in 10 simple steps:"


def arrivals(client: httpx2.Client, model: str) -> list[float]:
    """Milliseconds to the status line and to each piece of text of one answer."""
    body = {
        "model": model,
        "messages": [{"role": "user", "content": QUESTION}],
        "max_tokens": TOKENS,
        "temperature": 0,
        "stream": True,
    }
    started = time.perf_counter()
    with client.stream("POST", "chat/completions", json=body) as response:
        response.raise_for_status()
        status_line = time.perf_counter()
        pieces = [time.perf_counter() for line in response.iter_lines() if _has_text(line)]
    return [(moment - started) * 1000 for moment in (status_line, *pieces)]


def _has_text(line: str) -> bool:
    return line.startswith("data: {") and bool(json.loads(line[6:])["choices"][0]["delta"].get("content"))


def main() -> int:
    if not API_FILE.exists():
        print("No API is running here. Start one in another terminal: make local", file=sys.stderr)
        return 1
    api = json.loads(API_FILE.read_text(encoding="utf-8"))
    if api["auth"] != "api_key":
        print("This needs an API that takes keys; the running one has another `auth`.", file=sys.stderr)
        return 1
    headers = {"Authorization": f"Bearer {api['api_key']}", **api["headers"]}
    with httpx2.Client(base_url=api["base_url"], headers=headers, timeout=60, trust_env=False) as client:
        arrivals(client, api["models"][0])  # the first call opens connections
        runs = [arrivals(client, api["models"][0]) for _ in range(RUNS)]
    pieces = min(len(times) for times in runs)
    median = [statistics.median(times[index] for times in runs) for index in range(pieces)]
    print(f"{api['models'][0]}, {TOKENS} tokens, median of {RUNS} runs, milliseconds since the request was sent\n")
    print(f"  status line  {median[0]:7.1f}")
    for index in [1, *range(10, pieces, 10), pieces - 1]:
        print(f"  piece {index:4}   {median[index]:7.1f}")
    print(f"\nThe first piece came after {median[1] / median[-1]:.0%} of the time that the whole answer took.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
