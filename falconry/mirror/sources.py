"""Sources of weights: other buckets and local files. `hugging_face` has the third."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

from falconry.aws_errors import translate_aws_errors
from falconry.errors import CommandError
from falconry.mirror.bucket import Bucket, Upload
from falconry.mirror.layout import ARCHIVE, SourceFile
from falconry.mirror.parts import MIB, Part


class WeightsSource(Protocol):
    """Something that can be copied.

    Attributes:
        name: for people, and part of what a copy is named after.
        part_size: bytes of a part that suit it.
        concurrency: how many parts at once suit it.
    """

    name: str
    part_size: int
    concurrency: int

    def files(self) -> Sequence[SourceFile]:
        """The files. Raises CommandError if they are not a model."""

    def prepare(self, file: SourceFile) -> None:
        """Called before the first part of a file is needed."""

    def release(self, file: SourceFile) -> None:
        """Called when the file is copied."""

    def send(self, bucket: Bucket, key: str, file: SourceFile) -> None:
        """Puts a small file into the bucket."""

    def send_part(self, bucket: Bucket, upload: Upload, file: SourceFile, part: Part) -> None:
        """Puts a part into the bucket."""

    def read(self, file: SourceFile, part: Part) -> bytes:
        """The bytes themselves."""


class LocalFiles:
    """A folder as `save_pretrained` writes it, or one archive with its content."""

    part_size = 16 * MIB
    concurrency = 8

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self.name = str(self._root)

    def files(self) -> list[SourceFile]:
        if self._root.is_file():
            if not self._root.name.endswith(ARCHIVE):
                raise CommandError(f"--from {self._root}: a file must be an archive, {ARCHIVE}; or give the folder.")
            return [self._file(self._root, self._root.name)]
        if not self._root.is_dir():
            raise CommandError(f"--from {self._root}: there is no such folder.")
        found = []
        for folder, folders, names in os.walk(self._root, followlinks=True):
            folders[:] = sorted(name for name in folders if not name.startswith("."))
            for name in sorted(names):
                path = Path(folder) / name
                if not name.startswith("."):
                    found.append(self._file(path, path.relative_to(self._root).as_posix()))
        require_model([file.path for file in found], f"--from {self._root}")
        return found

    def prepare(self, file: SourceFile) -> None:
        """The file is there."""

    def release(self, file: SourceFile) -> None:
        """Raises CommandError if the file is not what it was at the beginning."""
        if self._file(self._path(file), file.path) != file:
            raise CommandError(f"{self._path(file)} changed while it was copied. Nothing was published; run again.")

    def send(self, bucket: Bucket, key: str, file: SourceFile) -> None:
        bucket.send(key, self.read(file, Part(1, 0, file.size)))

    def send_part(self, bucket: Bucket, upload: Upload, file: SourceFile, part: Part) -> None:
        bucket.send_part(upload, part, self.read(file, part))

    def read(self, file: SourceFile, part: Part) -> bytes:
        with self._path(file).open("rb") as opened:
            opened.seek(part.offset)
            data = opened.read(part.length)
        if len(data) < part.length:
            raise CommandError(f"{self._path(file)} became shorter while it was copied. Nothing was published.")
        return data

    def _path(self, file: SourceFile) -> Path:
        return self._root if self._root.is_file() else self._root / file.path

    @staticmethod
    def _file(path: Path, name: str) -> SourceFile:
        state = path.stat()
        return SourceFile(name, state.st_size, str(state.st_mtime_ns))


class S3Objects:
    """Objects below a prefix, or one archive, in a bucket that the caller may read. S3 copies them by itself: no byte
    comes through this machine.

    Args:
        s3: a client for reading.
    """

    part_size = 512 * MIB
    concurrency = 32

    def __init__(self, s3: Any, bucket: str, key: str) -> None:
        self._s3 = s3
        self._bucket = bucket
        self._prefix = key if key.endswith("/") else key.rpartition("/")[0] + "/" if "/" in key else ""
        self._key = key
        self.name = f"s3://{bucket}/{key}"

    def files(self) -> list[SourceFile]:
        with translate_aws_errors(
            f"listing {self.name}", {"NoSuchBucket": "Is the region right?", "NoSuchKey": "Is the prefix right?"}
        ):
            pages = self._s3.get_paginator("list_objects_v2").paginate(Bucket=self._bucket, Prefix=self._key)
            items = [item for page in pages for item in page.get("Contents", [])]
        found = [
            SourceFile(item["Key"].removeprefix(self._prefix), item["Size"], item["ETag"])
            for item in items
            if not item["Key"].endswith("/") and (self._key.endswith("/") or item["Key"] == self._key)
        ]
        if not found:
            raise CommandError(f"{self.name}: no objects found. A prefix ends in a slash.")
        if self._key.endswith("/"):
            require_model([file.path for file in found], self.name)
        return found

    def prepare(self, file: SourceFile) -> None:
        """The object is there."""

    def release(self, file: SourceFile) -> None:
        """Every part was copied from the object with the same ETag."""

    def send(self, bucket: Bucket, key: str, file: SourceFile) -> None:
        bucket.copy(key, file.size, self._of(file), file.version)

    def send_part(self, bucket: Bucket, upload: Upload, file: SourceFile, part: Part) -> None:
        bucket.copy_part(upload, part, self._of(file), file.version)

    def read(self, file: SourceFile, part: Part) -> bytes:
        if not part.length:
            return b""
        span = f"bytes={part.offset}-{part.offset + part.length - 1}"
        answer = self._s3.get_object(**self._of(file), Range=span, IfMatch=file.version)
        return bytes(answer["Body"].read())

    def _of(self, file: SourceFile) -> dict[str, str]:
        return {"Bucket": self._bucket, "Key": f"{self._prefix}{file.path}"}


def require_model(paths: Sequence[str], where: str) -> None:
    """Raises CommandError unless these are the files of a model."""
    if "config.json" not in paths:
        raise CommandError(f"{where}: config.json is missing. Give the folder that `save_pretrained` wrote.")
    if not any(path.endswith((".safetensors", ".bin")) for path in paths):
        raise CommandError(f"{where}: there are no weights (*.safetensors or *.bin).")
