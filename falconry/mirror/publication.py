"""The end of a copy: it is checked, recorded in a manifest, and published to the next deploy."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from falconry.aws_errors import translate_aws_errors
from falconry.errors import CommandError
from falconry.mirror.bucket import Bucket, StoredObject
from falconry.mirror.layout import Copy
from falconry.mirror.parts import composite, parts_of, sha256
from falconry.mirror.sources import WeightsSource


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a copy holds. `files`: by path, as S3 has them."""

    source: str
    files: Mapping[str, StoredObject]

    def to_json(self) -> str:
        files = {
            path: {"size": file.size, "sha256": file.checksum, "part_size": file.part_size}
            for path, file in self.files.items()
        }
        return json.dumps({"source": self.source, "files": files}, indent=1) + "\n"

    @classmethod
    def from_json(cls, text: str) -> Manifest:
        content: dict[str, Any] = json.loads(text)
        files = {
            path: StoredObject(file["size"], file["sha256"], file["part_size"])
            for path, file in content["files"].items()
        }
        return cls(content["source"], files)


def check_copy(bucket: Bucket, copy: Copy, source: str) -> Manifest:
    """The manifest of a complete copy.

    Raises:
        CommandError: a file is missing, has another size or no checksum, or there is one too many.
    """
    there = bucket.sizes(copy.prefix)
    wanted = {copy.key(file): file.size for file in copy.files}
    wrong = [f"{key} is missing" for key in wanted if key not in there]
    wrong += [f"{key} is unexpected: delete it" for key in there if key not in wanted]
    files = {file.path: bucket.stored(copy.key(file)) for file in copy.files if copy.key(file) in there}
    for file in copy.files:
        stored = files.get(file.path)
        if stored and (stored.size != file.size or not stored.checksum):
            wrong.append(f"{copy.key(file)} has {stored.size} of {file.size} bytes, checksum {stored.checksum!r}")
    if wrong:
        raise CommandError(f"the copy is incomplete, so nothing was published: {'; '.join(wrong[:5])}")
    return Manifest(source, files)


def differences(bucket: Bucket, prefix: str, manifest: Manifest) -> list[str]:
    """Differences between the manifest and S3; none if nothing changed since it was published."""
    there = bucket.sizes(prefix)
    wrong = [f"{prefix}{path} is missing" for path in manifest.files if f"{prefix}{path}" not in there]
    wrong += [f"{key} is unexpected" for key in there if key.removeprefix(prefix) not in manifest.files]
    for path, file in manifest.files.items():
        if f"{prefix}{path}" in there and bucket.stored(f"{prefix}{path}") != file:
            wrong.append(f"{prefix}{path} differs from what was published")
    return wrong


def differences_from_source(source: WeightsSource, copy: Copy, manifest: Manifest) -> list[str]:
    """Which files differ from the source's, byte for byte: the source is read and its SHA-256s are compared."""
    wrong = []
    for file in copy.files:
        stored = manifest.files.get(file.path)
        if stored is None:
            wrong.append(f"{file.path} is in {source.name} and not in the copy")
            continue
        source.prepare(file)
        parts = parts_of(file.size, stored.part_size)
        digests = [sha256(source.read(file, part)) for part in parts] or [sha256(b"")]
        source.release(file)
        if (composite(digests) if "-" in stored.checksum else digests[0]) != stored.checksum:
            wrong.append(f"{file.path} differs from {source.name}")
    return wrong


class Publications:
    """The published copies of a deployment's models.

    Args:
        ssm: a client.
        parameter: the name of a model's parameter.
    """

    def __init__(self, ssm: Any, bucket: Bucket) -> None:
        self._ssm = ssm
        self._bucket = bucket

    def current(self, parameter: str) -> str | None:
        """The copy that the next deploy uses, or None."""
        try:
            with translate_aws_errors(f"reading {parameter}"):
                return str(self._ssm.get_parameter(Name=parameter)["Parameter"]["Value"])
        except CommandError as error:
            if "ParameterNotFound" in str(error):
                return None
            raise

    def manifest(self, key: str) -> Manifest:
        """A published copy's manifest."""
        with translate_aws_errors(f"reading s3://{self._bucket.name}/{key}"):
            body = self._bucket.s3.get_object(Bucket=self._bucket.name, Key=key)["Body"].read()
        return Manifest.from_json(body.decode())

    def publish(self, parameter: str, copy: Copy, manifest: Manifest) -> None:
        """Write the manifest, then the parameter that the next deploy reads."""
        self._bucket.send(copy.manifest_key, manifest.to_json().encode())
        with translate_aws_errors(f"writing {parameter}"):
            self._ssm.put_parameter(
                Name=parameter,
                Type="StringList",
                Value=copy.published,
                Overwrite=True,
                Description="Weights that the next deploy uses. Written by `falconry mirror`",
            )
