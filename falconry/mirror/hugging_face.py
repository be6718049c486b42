"""Weights from a Hugging Face repository: each file is fetched, checked, copied and deleted again.

huggingface_hub does the fetching, and goes on with a file that was fetched in part. HF_ENDPOINT and HF_TOKEN are its.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from falconry.errors import CommandError
from falconry.mirror.bucket import Bucket, Upload
from falconry.mirror.layout import SourceFile
from falconry.mirror.parts import MIB, Part
from falconry.mirror.sources import LocalFiles, require_model

SKIPPED = (".gitattributes", ".h5", ".msgpack", ".ot", ".tflite", ".onnx", ".gguf", ".md", ".png")
"""Endings of what no container of this project loads."""

INSTALL = "pip install huggingface_hub"


class HuggingFace:
    """A repository at one commit.

    Args:
        repository: "tiiuae/falcon-180B-chat", or with a branch, tag or commit: "...@main".
        folder: where files lie while they are copied; room for the largest two is enough.
    """

    part_size = 16 * MIB
    concurrency = 8

    def __init__(self, repository: str, folder: Path | None = None) -> None:
        self._id, _, revision = repository.partition("@")
        hub = _hub()
        try:
            self._info = hub.HfApi().model_info(self._id, revision=revision or None, files_metadata=True)
        except Exception as error:  # the library's own and those of two HTTP clients
            reason = str(error).strip().splitlines() or [type(error).__name__]
            raise CommandError(
                f"hf:{repository}: {reason[0]} (HF_ENDPOINT sets another server, HF_TOKEN unlocks gated models.)"
            ) from None
        self._commit = str(self._info.sha)
        self.name = f"hf:{self._id}@{self._commit}"
        cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
        self._folder = (folder or cache / "falconry") / self._id.replace("/", "--") / self._commit
        self._local = LocalFiles(self._folder)

    def files(self) -> Sequence[SourceFile]:
        names = [one.rfilename for one in self._info.siblings]
        safe = any(name.endswith(".safetensors") for name in names)
        found = [
            SourceFile(one.rfilename, int(one.size), one.lfs.sha256 if one.lfs else one.blob_id)
            for one in self._info.siblings
            # Where the weights are there in both forms, those that cannot run code.
            if not one.rfilename.endswith(SKIPPED)
            and not (safe and one.rfilename.endswith((".bin", ".bin.index.json")))
        ]
        require_model([file.path for file in found], self.name)
        return found

    def prepare(self, file: SourceFile) -> None:
        """Fetches the file. Raises CommandError if its content is not the commit's."""
        try:
            _hub().hf_hub_download(self._id, file.path, revision=self._commit, local_dir=self._folder)
        except Exception as error:
            raise CommandError(f"fetching {file.path} of {self.name}: {error}") from None
        path = self._folder / file.path
        if path.stat().st_size != file.size or _hash(path, file) != file.version:
            path.unlink()
            raise CommandError(f"{file.path} of {self.name} was not downloaded intact. It was deleted; run again.")

    def release(self, file: SourceFile) -> None:
        (self._folder / file.path).unlink(missing_ok=True)

    def send(self, bucket: Bucket, key: str, file: SourceFile) -> None:
        self._local.send(bucket, key, file)

    def send_part(self, bucket: Bucket, upload: Upload, file: SourceFile, part: Part) -> None:
        self._local.send_part(bucket, upload, file, part)

    def read(self, file: SourceFile, part: Part) -> bytes:
        return self._local.read(file, part)


def _hash(path: Path, file: SourceFile) -> str:
    """The content's hash of the kind that the repository gives: SHA-256 of large files, Git's own of others."""
    if len(file.version) == 64:
        digest = hashlib.sha256()
    else:
        digest = hashlib.sha1(f"blob {file.size}\0".encode(), usedforsecurity=False)
    with path.open("rb") as opened:
        while block := opened.read(MIB):
            digest.update(block)
    return digest.hexdigest()


def _hub() -> Any:
    try:
        import huggingface_hub
    except ImportError:
        raise CommandError(
            f"--from hf:... needs a package that is not installed. Install it: .venv/bin/{INSTALL}"
        ) from None
    return huggingface_hub
