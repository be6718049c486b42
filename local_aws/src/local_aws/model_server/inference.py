"""Requests into generations: admission, validation, threads, and the end of work that nobody waits for."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import aclosing, asynccontextmanager
from typing import Any, Protocol, TypeVar

from local_aws.model_server.body import GenerateRequest
from local_aws.model_server.engine import Step, Token
from local_aws.model_server.errors import GenerationError, InferenceError, OverloadedError
from local_aws.model_server.responses import Generated
from local_aws.model_server.settings import Settings
from local_aws.model_server.validation import Validator, ValidRequest

Result = TypeVar("Result")


class GenerationEngine(Protocol):
    """What a generation needs; `engine.Engine` is one. All three are called in threads."""

    def encode(self, text: str) -> list[int]:
        """Token ids."""

    def prefill(self, ids: Sequence[int]) -> list[Token]:
        """The prompt's tokens with their log probabilities."""

    def generate(self, request: ValidRequest, emit: Callable[[Step], None], cancelled: threading.Event) -> None:
        """Calls `emit` for every token, the last one with an end."""


class Inference:
    """Runs generations of one engine. Cancelling a caller's task ends its generation at the next token."""

    def __init__(self, engine: GenerationEngine, settings: Settings, *, parallel: int) -> None:
        self._engine = engine
        self._validator = Validator(settings, engine.encode)
        self._free = settings.max_concurrent_requests
        self._threads = ThreadPoolExecutor(parallel, thread_name_prefix="generation")

    def close(self) -> None:
        """Gives up what has not begun."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def generate(self, request: GenerateRequest) -> tuple[Generated, list[Generated], int]:
        """The generation (of `best_of` ones the most likely), the others, and the prompt's length in tokens."""
        count = self._validator.best_of(request.parameters)
        async with self._admitted(count):
            valid = await asyncio.to_thread(self._validator.validate, request)
            runs = [valid] if count == 1 else [valid.with_new_seed() for _ in range(count)]
            made = await together(*(self._collect(run) for run in runs))
        best = max(range(count), key=lambda number: made[number].mean_logprob)
        return made[best], [one for number, one in enumerate(made) if number != best], len(valid.input_ids)

    async def stream(self, request: GenerateRequest) -> AsyncGenerator[tuple[Step, int]]:
        """Each step as it is made, with the prompt's length in tokens."""
        self._validator.streamable(request.parameters)
        async with self._admitted(1):
            valid = await asyncio.to_thread(self._validator.validate, request)
            async with aclosing(self._steps(valid)) as steps:
                async for step in steps:
                    yield step, len(valid.input_ids)

    async def _collect(self, valid: ValidRequest) -> Generated:
        loop = asyncio.get_running_loop()
        prefill = []
        if valid.prefill_details:
            prefill = await loop.run_in_executor(self._threads, self._engine.prefill, valid.input_ids)
        async with aclosing(self._steps(valid)) as made:
            steps = [step async for step in made]
        end = steps[-1].end if steps else None
        if end is None:
            raise InferenceError("Incomplete generation")
        return Generated(prefill, steps, end)

    async def _steps(self, valid: ValidRequest) -> AsyncGenerator[Step]:
        loop = asyncio.get_running_loop()
        queue: asyncio.Queue[Step | None] = asyncio.Queue()
        cancelled = threading.Event()

        def emit(step: Step | None) -> None:
            loop.call_soon_threadsafe(queue.put_nowait, step)

        def work() -> None:
            try:
                self._engine.generate(valid, emit, cancelled)
            finally:
                if not cancelled.is_set():
                    emit(None)

        running = loop.run_in_executor(self._threads, work)
        try:
            while (step := await queue.get()) is not None:
                yield step
            try:
                await running
            except InferenceError:
                raise
            except Exception as error:
                raise GenerationError(str(error)) from error
        finally:
            cancelled.set()
            running.cancel()

    @asynccontextmanager
    async def _admitted(self, count: int) -> AsyncIterator[None]:
        """Room for `count` generations, or OverloadedError at once: TGI's semaphore does not wait."""
        if self._free < count:
            raise OverloadedError()
        self._free -= count
        try:
            yield
        finally:
            self._free += count


async def together(*work: Coroutine[Any, Any, Result]) -> list[Result]:
    """All results, or the first failure; then the others are cancelled."""
    tasks = [asyncio.ensure_future(one) for one in work]
    try:
        return await asyncio.gather(*tasks)
    finally:
        for task in tasks:
            task.cancel()
