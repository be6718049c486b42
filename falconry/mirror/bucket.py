"""The artifact bucket: its objects, its unfinished uploads, and the calls that finish them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from falconry.mirror.parts import Part, sha256

PART_SIZE_METADATA = "falconry-part-size"


@dataclass(frozen=True, slots=True)
class StoredObject:
    """An object. `checksum`: its SHA-256 as S3 keeps it, with "-N" for one of N parts; `part_size` in bytes."""

    size: int
    checksum: str
    part_size: int


@dataclass(slots=True)
class Upload:
    """A multipart upload that is not complete. `parts`: ETag and SHA-256 of those that are there, by number."""

    key: str
    id: str
    sizes: dict[int, int] = field(default_factory=dict)
    parts: dict[int, tuple[str, str]] = field(default_factory=dict)


class Bucket:
    """Calls of S3 on one bucket. Objects are encrypted as the bucket says, with its KMS key."""

    def __init__(self, s3: Any, name: str) -> None:
        self.s3 = s3
        self.name = name

    def sizes(self, prefix: str) -> dict[str, int]:
        """Keys below a prefix and their sizes."""
        pages = self.s3.get_paginator("list_objects_v2").paginate(Bucket=self.name, Prefix=prefix)
        return {item["Key"]: item["Size"] for page in pages for item in page.get("Contents", [])}

    def stored(self, key: str) -> StoredObject:
        """An object's size, checksum and part size."""
        head = self.s3.head_object(Bucket=self.name, Key=key, ChecksumMode="ENABLED")
        part_size = head["Metadata"].get(PART_SIZE_METADATA, "0")
        return StoredObject(head["ContentLength"], head.get("ChecksumSHA256", ""), int(part_size))

    def uploads(self, prefix: str) -> dict[str, list[str]]:
        """Keys of uploads below a prefix that are not complete, and their ids. A killed command can leave two of a key:
        S3 may have begun one after the command had looked."""
        pages = self.s3.get_paginator("list_multipart_uploads").paginate(Bucket=self.name, Prefix=prefix)
        found: dict[str, list[str]] = {}
        for item in (item for page in pages for item in page.get("Uploads", [])):
            if item["Key"].startswith(prefix):
                found.setdefault(item["Key"], []).append(item["UploadId"])
        return found

    def begin(self, key: str, part_size: int) -> Upload:
        made = self.s3.create_multipart_upload(
            Bucket=self.name,
            Key=key,
            ChecksumAlgorithm="SHA256",
            Metadata={PART_SIZE_METADATA: str(part_size)},
        )
        return Upload(key, made["UploadId"])

    def resume(self, key: str, upload_id: str) -> Upload:
        """An unfinished upload with its parts."""
        upload = Upload(key, upload_id)
        pages = self.s3.get_paginator("list_parts").paginate(Bucket=self.name, Key=key, UploadId=upload_id)
        for item in (item for page in pages for item in page.get("Parts", [])):
            upload.sizes[item["PartNumber"]] = item["Size"]
            upload.parts[item["PartNumber"]] = (item["ETag"], item.get("ChecksumSHA256", ""))
        return upload

    def abort_uploads(self, prefix: str) -> None:
        """Deletes the parts of all uploads below a prefix."""
        for key, ids in self.uploads(prefix).items():
            for upload_id in ids:
                self.s3.abort_multipart_upload(Bucket=self.name, Key=key, UploadId=upload_id)

    def send_part(self, upload: Upload, part: Part, data: bytes) -> None:
        """Upload a part. S3 refuses bytes that do not match their SHA-256."""
        digest = sha256(data)
        sent = self.s3.upload_part(**_of(self.name, upload), PartNumber=part.number, Body=data, ChecksumSHA256=digest)
        upload.parts[part.number] = (sent["ETag"], digest)

    def copy_part(self, upload: Upload, part: Part, source: Mapping[str, str], etag: str) -> None:
        """Have S3 copy a part itself, if the source object still has this ETag."""
        answer = self.s3.upload_part_copy(
            **_of(self.name, upload),
            PartNumber=part.number,
            CopySource=source,
            CopySourceRange=f"bytes={part.offset}-{part.offset + part.length - 1}",
            CopySourceIfMatch=etag,
        )["CopyPartResult"]
        upload.parts[part.number] = (answer["ETag"], answer["ChecksumSHA256"])

    def complete(self, upload: Upload) -> None:
        """Makes the object; before this call there is none. An upload that a killed command had begun to complete may
        be complete by now."""
        parts = [
            {"PartNumber": number, "ETag": etag, "ChecksumSHA256": digest}
            for number, (etag, digest) in sorted(upload.parts.items())
        ]
        try:
            self.s3.complete_multipart_upload(**_of(self.name, upload), MultipartUpload={"Parts": parts})
        except self.s3.exceptions.NoSuchUpload:
            self.stored(upload.key)

    def send(self, key: str, data: bytes) -> None:
        """Upload a small file in one call."""
        metadata = {PART_SIZE_METADATA: str(max(len(data), 1))}
        self.s3.put_object(Bucket=self.name, Key=key, Body=data, ChecksumSHA256=sha256(data), Metadata=metadata)

    def copy(self, key: str, size: int, source: Mapping[str, str], etag: str) -> None:
        """A small object in one call. Its metadata and tags stay behind: to read the latter takes a permission."""
        self.s3.copy_object(
            Bucket=self.name,
            Key=key,
            CopySource=source,
            CopySourceIfMatch=etag,
            ChecksumAlgorithm="SHA256",
            MetadataDirective="REPLACE",
            TaggingDirective="REPLACE",
            Metadata={PART_SIZE_METADATA: str(max(size, 1))},
        )


def _of(bucket: str, upload: Upload) -> dict[str, str]:
    return {"Bucket": bucket, "Key": upload.key, "UploadId": upload.id}
