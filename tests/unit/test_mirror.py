"""How files are cut, how copies are named, and what S3 calls the checksum of parts."""

from __future__ import annotations

import base64
import hashlib
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from falconry.mirror.layout import SourceFile, copy_of, revision_of
from falconry.mirror.parts import MIB, MOST_PARTS, composite, part_size, parts_of, sha256

FILES = [SourceFile("model-1.safetensors", 10, "a"), SourceFile("config.json", 2, "b")]


@given(file_size=st.integers(0, 5 * 1024**4), wanted=st.integers(5, 1024))
def test_every_byte_is_in_one_part_and_s3_takes_so_many(file_size: int, wanted: int) -> None:
    size = part_size(file_size, wanted * MIB)
    parts = parts_of(file_size, size)

    assert size >= wanted * MIB
    assert len(parts) <= MOST_PARTS
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert sum(part.length for part in parts) == file_size
    assert all(one.offset + one.length == other.offset for one, other in pairwise(parts))
    assert all(part.length == size for part in parts[:-1])


def test_the_checksum_of_parts_is_that_of_their_digests() -> None:
    digests = [hashlib.sha256(text).digest() for text in (b"one", b"two")]
    whole = base64.b64encode(hashlib.sha256(b"".join(digests)).digest()).decode()

    assert composite([sha256(b"one"), sha256(b"two")]) == f"{whole}-2"


def test_the_same_files_are_the_same_copy_in_any_order() -> None:
    assert copy_of("falcon-7b", "/model", FILES) == copy_of("falcon-7b", "/model", FILES[::-1])


@pytest.mark.parametrize(
    "changed",
    [
        copy_of("falcon-7b", "/other", FILES),
        copy_of("falcon-7b", "/model", FILES[:1]),
        copy_of("falcon-7b", "/model", [FILES[0], SourceFile("config.json", 2, "c")]),
        copy_of("falcon-7b", "/model", [FILES[0], SourceFile("config.json", 3, "b")]),
        copy_of("falcon-7b", "/model", [FILES[0], SourceFile("configs.json", 2, "b")]),
    ],
)
def test_other_files_are_another_copy(changed: object) -> None:
    copy = copy_of("falcon-7b", "/model", FILES)

    assert getattr(changed, "prefix", None) != copy.prefix


def test_what_sagemaker_is_told_of_a_folder_and_of_an_archive() -> None:
    folder = copy_of("falcon-7b", "/model", FILES)
    archive = copy_of("falcon-180b", "s3://bucket/a.tar.gz", [SourceFile("a.tar.gz", 5, "e")])

    assert folder.published == f"models/falcon-7b/{folder.revision}/,S3Prefix,None"
    assert archive.published == f"models/falcon-180b/{archive.revision}/a.tar.gz,S3Object,Gzip"
    assert revision_of(archive.published) == archive.revision
    assert not folder.manifest_key.startswith(folder.prefix), "SageMaker would download the manifest"
