"""A question that the built-in model answers for many seconds, and the processes that work on it."""

from __future__ import annotations

import time
from typing import Any

import psutil

# A penalty far below 1 makes the model repeat itself until it reaches the limit.
LONG: dict[str, Any] = {
    "messages": [{"role": "user", "content": "one two three one two three one two three"}],
    "temperature": 0,
    "max_tokens": 1900,
    "extra_body": {"repetition_penalty": 0.1},
}
SHORT: dict[str, Any] = {"messages": [{"role": "user", "content": "Hello!"}], "temperature": 0}
SHORT_ANSWER = "Hello! How can I help you today?"


def works(process_id: int) -> bool:
    """Whether a process uses a CPU now, be it ever so small a share of a machine that is busy with other things."""
    process = psutil.Process(process_id)
    before = sum(process.cpu_times()[:2])
    time.sleep(0.3)
    return sum(process.cpu_times()[:2]) > before


def rests_within(process_id: int, seconds: float) -> bool:
    """Whether a process stops working in the given time."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if not works(process_id) and not works(process_id):
            return True
    return False
