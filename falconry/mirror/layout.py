"""The layout of copies in the artifact bucket, and how a deploy finds the one to use.

    models/<model>/<revision>/...       the files, below a prefix that nothing else is written to
    models/<model>/<revision>.json      the manifest: what was copied from where, with checksums

The SSM parameter /falconry/<deployment>/artifacts/<model> names one of them. It is written last, in one call, and is
the only thing that a deploy reads (constructs_lib/model/mirrored_weights.py), so that SageMaker is never told of a copy
that is not whole. A revision is named after what was copied: files that differ have another prefix, and the instances
of a running endpoint go on to read theirs.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from falconry.names import artifact_prefix

ARCHIVE = ".tar.gz"
REVISION_LENGTH = 16


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A file to copy.

    Attributes:
        path: below the copy's prefix, with slashes.
        size: bytes.
        version: changes when the content does: an ETag, a hash, a time of modification.
    """

    path: str
    size: int
    version: str


@dataclass(frozen=True, slots=True)
class Copy:
    """One copy of a model's weights in the artifact bucket."""

    model: str
    revision: str
    files: tuple[SourceFile, ...]

    @property
    def prefix(self) -> str:
        return f"{artifact_prefix(self.model)}{self.revision}/"

    @property
    def manifest_key(self) -> str:
        return f"{artifact_prefix(self.model)}{self.revision}.json"

    @property
    def size(self) -> int:
        """Bytes of all files."""
        return sum(file.size for file in self.files)

    def key(self, file: SourceFile) -> str:
        return f"{self.prefix}{file.path}"

    @property
    def published(self) -> str:
        """The parameter's value: key, S3DataType and CompressionType of SageMaker's S3DataSource."""
        if len(self.files) == 1 and self.files[0].path.endswith(ARCHIVE):
            kind: tuple[str, Literal["S3Object", "S3Prefix"], str] = (self.key(self.files[0]), "S3Object", "Gzip")
        else:
            kind = (self.prefix, "S3Prefix", "None")
        return ",".join(kind)


def copy_of(model: str, source: str, files: Sequence[SourceFile]) -> Copy:
    """The copy that these files make: the same files of the same source are always the same copy."""
    ordered = tuple(sorted(files, key=lambda file: file.path))
    content = json.dumps([source, [[file.path, file.size, file.version] for file in ordered]])
    return Copy(model, hashlib.sha256(content.encode()).hexdigest()[:REVISION_LENGTH], ordered)


def revision_of(published: str) -> str:
    """The revision in a parameter's value."""
    return published.split("/")[2]
