"""The transfer: what is missing in the bucket is sent by several threads, part by part."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial

from falconry.mirror.bucket import Bucket, Upload
from falconry.mirror.layout import Copy, SourceFile
from falconry.mirror.parts import Part, part_size, parts_of
from falconry.mirror.sources import WeightsSource

AHEAD = 2
"""Parts that wait, for each thread: enough that none is idle, few enough that files are not fetched long before."""


@dataclass(slots=True)
class PendingFile:
    """A file that is not there yet: the bytes of its parts, the upload to go on with if there is one, and what is
    missing."""

    file: SourceFile
    size: int
    upload: Upload | None
    missing: list[Part]

    @property
    def missing_bytes(self) -> int:
        return sum(part.length for part in self.missing)


def missing(bucket: Bucket, copy: Copy, wanted: int) -> list[PendingFile]:
    """The files of a copy that S3 does not have in full. `wanted`: bytes of a part. Changes nothing."""
    there = bucket.sizes(copy.prefix)
    begun = bucket.uploads(copy.prefix)
    return [
        _pending(bucket, copy, file, begun.get(copy.key(file), []), wanted)
        for file in copy.files
        if there.get(copy.key(file)) != file.size
    ]


def _pending(bucket: Bucket, copy: Copy, file: SourceFile, upload_ids: list[str], wanted: int) -> PendingFile:
    size = part_size(file.size, wanted)
    parts = parts_of(file.size, size)
    if len(parts) < 2:
        return PendingFile(file, size, None, [Part(1, 0, file.size)])
    lengths = {part.number: part.length for part in parts}
    begun = [bucket.resume(copy.key(file), upload_id) for upload_id in upload_ids]
    # One that was cut into parts of another size cannot be gone on with.
    fitting = [one for one in begun if all(lengths.get(number) == length for number, length in one.sizes.items())]
    if not fitting:
        return PendingFile(file, size, None, parts)
    upload = max(fitting, key=lambda one: len(one.parts))
    return PendingFile(file, size, upload, [part for part in parts if not upload.parts.get(part.number, ("", ""))[1]])


class Transfer:
    """Sends what is missing.

    Args:
        advance: told the bytes that were sent, by several threads.
    """

    def __init__(self, source: WeightsSource, bucket: Bucket, copy: Copy, advance: Callable[[int], None]) -> None:
        self._source = source
        self._bucket = bucket
        self._copy = copy
        self._advance = advance
        self._failure: BaseException | None = None

    def run(self, pending: list[PendingFile], concurrency: int) -> None:
        """Raises what the first failing part raised; what was sent stays, for the next run."""
        slots = threading.Semaphore(concurrency * AHEAD)

        def ended(future: Future[None]) -> None:
            slots.release()
            if not future.cancelled() and (error := future.exception()) is not None:
                self._failure = self._failure or error

        pool = ThreadPoolExecutor(concurrency, thread_name_prefix="mirror")
        try:
            for send in self._sends(pending):
                slots.acquire()
                if self._failure is not None:
                    break
                pool.submit(send).add_done_callback(ended)
            pool.shutdown(wait=True)
        finally:
            # After Ctrl-C: what was not begun is not begun.
            pool.shutdown(wait=True, cancel_futures=True)
        if self._failure is not None:
            raise self._failure

    def _sends(self, pending: list[PendingFile]) -> Iterator[Callable[[], None]]:
        """One call for each part, in order; each file is prepared just before its first."""
        for item in pending:
            self._source.prepare(item.file)
            if len(parts_of(item.file.size, item.size)) < 2:
                yield partial(self._send_whole, item)
                continue
            upload = item.upload or self._bucket.begin(self._copy.key(item.file), item.size)
            job = _FileJob(self._source, self._bucket, upload, item, self._advance)
            yield from job.sends()

    def _send_whole(self, item: PendingFile) -> None:
        self._source.send(self._bucket, self._copy.key(item.file), item.file)
        self._source.release(item.file)
        self._advance(item.file.size)


class _FileJob:
    """The parts of one file; whoever sends the last one makes the object."""

    def __init__(
        self, source: WeightsSource, bucket: Bucket, upload: Upload, item: PendingFile, advance: Callable[[int], None]
    ) -> None:
        self._source = source
        self._bucket = bucket
        self._upload = upload
        self._pending = item
        self._advance = advance
        self._left = len(item.missing)
        self._lock = threading.Lock()

    def sends(self) -> Iterator[Callable[[], None]]:
        if not self._pending.missing:
            yield self._finish
        for part in self._pending.missing:
            yield partial(self._send, part)

    def _send(self, part: Part) -> None:
        self._source.send_part(self._bucket, self._upload, self._pending.file, part)
        self._advance(part.length)
        with self._lock:
            self._left -= 1
            last = self._left == 0
        if last:
            self._finish()

    def _finish(self) -> None:
        self._source.release(self._pending.file)
        self._bucket.complete(self._upload)
