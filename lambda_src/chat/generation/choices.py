"""Several answers to one request, generated side by side."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from queue import SimpleQueue
from threading import Thread

from chat.call import Call
from chat.generation import generation
from chat.generation.generation import Generation, GenerationRequest, TextDelta
from chat.record import Record
from chat.serving.container import KeepAlive
from chat.serving.sagemaker import Endpoints

MOST_CHOICES = 128
"""Answers a request: OpenAI's limit, and as many requests as a container takes at once (MAX_CONCURRENT_REQUESTS)."""

Item = TextDelta | KeepAlive | None
"""An event of one choice; None: it has ended."""


class Choices:
    """Answers that have begun, in the order of their requests. They must be closed, also when something fails."""

    def __init__(self, generations: Sequence[Generation]) -> None:
        self.generations = generations

    def items(self) -> Iterator[tuple[int, Item]]:
        """Events as they come, each with the index of its choice. Raises ApiError if one of them fails."""
        if len(self.generations) > 1:
            yield from self._interleaved()
            return
        for delta in self.generations[0].deltas():
            yield 0, delta
        yield 0, None

    def close(self) -> None:
        """End the calls upstream. May be called more than once."""
        for running in self.generations:
            running.close()

    def note(self, record: Record, prompts: Sequence[Generation]) -> None:
        """Write down counts and outcome; `prompts` are the choices whose prompts count."""
        record.completion_tokens = sum(running.completion_tokens for running in self.generations)
        record.prompt_tokens = sum(running.prompt_tokens for running in prompts)
        record.prompt_tokens_estimated = not all(running.prompt_tokens_exact for running in prompts)
        record.messages_dropped = self.generations[0].messages_dropped or None
        record.finish_reason = self.generations[0].finish_reason

    def _interleaved(self) -> Iterator[tuple[int, Item]]:
        came: SimpleQueue[tuple[int, Item | Exception]] = SimpleQueue()
        for index, running in enumerate(self.generations):
            Thread(target=_pump, args=(running, index, came.put), daemon=True).start()
        left = len(self.generations)
        while left:
            index, item = came.get()
            if isinstance(item, Exception):
                raise item
            left -= item is None
            yield index, item


def _pump(running: Generation, index: int, put: Callable[[tuple[int, Item | Exception]], None]) -> None:
    try:
        for delta in running.deltas():
            put((index, delta))
    except Exception as error:
        put((index, error))
    else:
        put((index, None))


def start(endpoints: Endpoints, requests: Sequence[GenerationRequest], call: Call) -> Choices:
    """Begin all `requests` and wait for the first token of each. Raises ApiError if one of them fails, and ends the
    others then."""
    if len(requests) == 1:
        first = generation.start(endpoints, requests[0], call)
        call.record.first_token()
        return Choices([first])
    with ThreadPoolExecutor(max_workers=len(requests)) as pool:
        begun = [pool.submit(generation.start, endpoints, request, call) for request in requests]
    with ExitStack() as undo:
        for future in begun:
            undo.callback(_close, future)
        generations = [future.result() for future in begun]
        undo.pop_all()
    call.record.first_token()
    return Choices(generations)


def _close(future: Future[Generation]) -> None:
    if future.exception() is None:
        future.result().close()
