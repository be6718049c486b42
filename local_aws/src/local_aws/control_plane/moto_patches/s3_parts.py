"""S3's SHA-256 checksums: of parts, of copied parts, and of what parts make."""

import base64
import hashlib
from collections.abc import Callable, Iterable
from typing import Any
from xml.etree import ElementTree

from moto.s3.exceptions import PreconditionFailed, S3ClientError
from moto.s3.models import FakeKey, FakeMultipart
from moto.s3.responses import S3Response

from .patching import replace

_HEADER = "x-amz-checksum-sha256"
_MEMBER = "ChecksumSHA256"


class BadDigest(S3ClientError):  # noqa: N818 (named after S3's error code, as moto's are)
    """What S3 answers to bytes that are not those that a checksum was made of."""

    code = "BadDigest"

    def __init__(self) -> None:
        super().__init__("The SHA256 you specified did not match the calculated checksum.")


def _sha256(data: bytes) -> str:
    return base64.b64encode(hashlib.sha256(data).digest()).decode()


def _answer_with(members: Callable[[str], str | None], body: str, container: str) -> str:
    """An XML answer in which each `container` gets the SHA-256 that belongs to its ETag."""
    namespace = "http://s3.amazonaws.com/doc/2006-03-01/"
    ElementTree.register_namespace("", namespace)
    root = ElementTree.fromstring(body)  # noqa: S314 (moto's own answer)
    for element in root.iter():
        if element.tag.rpartition("}")[2] != container:
            continue
        space = element.tag.rpartition("}")[0]
        space = f"{space}}}" if space else ""
        if digest := members(element.findtext(f"{space}ETag") or ""):
            ElementTree.SubElement(element, f"{space}{_MEMBER}").text = digest
    return ElementTree.tostring(root, encoding="unicode")


def install() -> None:
    upload_part, list_parts = S3Response.upload_part, S3Response.list_parts
    head_object, get_checksum = S3Response.head_object, S3Response._get_checksum
    upload_part_copy, set_part = S3Response.upload_part_copy, FakeMultipart.set_part
    complete = FakeMultipart.complete

    def upload_checked_part(self: S3Response) -> Any:
        # moto takes a part whatever checksum comes with it.
        status, headers, body = upload_part(self)
        given = self.headers.get(_HEADER)
        if not given:
            return status, headers, body
        upload = self.backend.get_bucket(self.bucket_name).multiparts[self._get_param("uploadId")]
        number = self._get_int_param("partNumber")
        if upload.parts[number].checksum_value != given:
            upload.parts.pop(number)
            upload.partlist.remove(number)
            raise BadDigest
        return status, headers | {_HEADER: given}, body

    def copy_part_with_checksum(self: S3Response) -> Any:
        # moto gives a copied part no checksum, and copies from an object that has changed.
        bucket, _, key = self.headers["x-amz-copy-source"].lstrip("/").partition("/")
        wanted = self.headers.get("x-amz-copy-source-if-match")
        source = self.backend.get_object(bucket, key)
        if wanted and source is not None and source.etag.strip('"') != wanted.strip('"'):
            raise PreconditionFailed("x-amz-copy-source-If-Match")
        status, headers, body = upload_part_copy(self)
        if status != 200:
            return status, headers, body
        return _with_checksums(self, status, headers, body, "CopyPartResult")

    def list_parts_with_checksums(self: S3Response) -> Any:
        # moto leaves the parts' checksums out.
        return _with_checksums(self, *list_parts(self), "Part")

    def checksum_of_request(self: S3Response, response_headers: dict[str, Any]) -> Any:
        # moto overlooks a checksum that comes without the header by which SDKs say that they made it themselves.
        given = self.headers.get(_HEADER)
        if given and not self.headers.get("x-amz-sdk-checksum-algorithm"):
            response_headers[_HEADER] = given
            return "SHA256", given
        return get_checksum(self, response_headers)

    def head_with_number_of_parts(self: S3Response, *positional: Any, **named: Any) -> Any:
        # moto leaves "-2" away from the checksum of an object of two parts; its GetObject has it.
        status, headers, body = head_object(self, *positional, **named)
        key = self.backend.get_object(self.bucket_name, self.parse_key_name()) if _HEADER in headers else None
        if key is not None and key.checksum_parts:
            headers[_HEADER] = f"{key.checksum_value}-{key.checksum_parts}"
        return status, headers, body

    def set_part_with_checksum(self: FakeMultipart, part_id: int, value: bytes) -> FakeKey:
        part: FakeKey = set_part(self, part_id, value)
        if self.metadata.get("x-amz-checksum-algorithm") == "SHA256":
            part.checksum_algorithm, part.checksum_value = "SHA256", _sha256(value)
        return part

    def complete_with_known_checksums(self: FakeMultipart, body: Iterable[tuple[int, str]]) -> Any:
        # moto hashes all parts once more, which takes most of the time of a large upload.
        algorithm, wanted = self.metadata.get("x-amz-checksum-algorithm"), list(body)
        if algorithm != "SHA256" or not all(number in self.parts for number, _ in wanted):
            return complete(self, iter(wanted))
        self.metadata["x-amz-checksum-algorithm"] = "CRC32"
        try:
            value, etag, _ = complete(self, iter(wanted))
        finally:
            self.metadata["x-amz-checksum-algorithm"] = algorithm
        digests = [base64.b64decode(self.parts[number].checksum_value or "") for number, _ in wanted]
        return value, etag, ("COMPOSITE", _sha256(b"".join(digests)), len(digests))

    replace(FakeMultipart, "complete", complete_with_known_checksums)
    replace(S3Response, "upload_part", upload_checked_part)
    replace(S3Response, "upload_part_copy", copy_part_with_checksum)
    replace(S3Response, "list_parts", list_parts_with_checksums)
    replace(S3Response, "_get_checksum", checksum_of_request)
    replace(S3Response, "head_object", head_with_number_of_parts)
    replace(FakeMultipart, "set_part", set_part_with_checksum)


def _with_checksums(response: S3Response, status: int, headers: dict[str, Any], body: Any, container: str) -> Any:
    upload_id = response._get_param("uploadId")
    uploads = response.backend.get_bucket(response.bucket_name).multiparts
    parts = uploads[upload_id].parts.values() if upload_id in uploads else ()
    digests = {part.etag: part.checksum_value for part in list(parts) if part.checksum_value}
    text = _answer_with(digests.get, body if isinstance(body, str) else body.decode(), container)
    return status, headers | {"content-length": str(len(text.encode()))}, text
