"""The audit log: one object in S3 for each request, where a deployment keeps one.

It holds the fields of the request's log line, the caller's address and, where the deployment says so, the bytes of
request and answer. The front may put these objects and do nothing else with them.
"""

from __future__ import annotations

import gzip
import json
import os
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Protocol

from botocore.exceptions import ClientError

from chat.http import Body

BUCKET_VARIABLE = "FALCONRY_AUDIT_BUCKET"
"""The bucket's name. Without it nothing is kept."""

CONTENT_VARIABLE = "FALCONRY_AUDIT_CONTENT"
"""Whether prompts and answers are kept too: "true" or "false"."""

_CONNECT_SECONDS, _READ_SECONDS, _ATTEMPTS = 1, 2, 2
"""The end of an answer waits for its record: six seconds at most."""


class S3Client(Protocol):
    """The one operation of botocore's `s3` client that is used."""

    def put_object(self, **request: str | bytes) -> object: ...


class AuditWriter:
    """Puts audit records into `bucket` through `client`; `content` says whether they hold prompts and answers."""

    def __init__(self, bucket: str, client: S3Client, *, content: bool) -> None:
        self._bucket = bucket
        self._client = client
        self._content = content

    def copy_of(self, body: Body) -> list[bytes]:
        """A list that fills with what `body` yields, if content is kept; else it stays empty."""
        chunks: list[bytes] = []
        if self._content:
            body.on_chunk(chunks.append)
        return chunks

    def write(self, fields: Mapping[str, object], request: bytes, answer: list[bytes], now: float) -> str | None:
        """Put the record of one request. Returns what went wrong, or None; never raises: it is not worth an answer."""
        time = datetime.fromtimestamp(now, UTC)
        record: dict[str, object] = {"time": time.isoformat(timespec="milliseconds"), **fields}
        if self._content:
            record |= {"request": _text(request), "answer": _text(b"".join(answer))}
        try:
            self._client.put_object(
                Bucket=self._bucket,
                Key=f"{time:%Y/%m/%d/%H}/{fields['request_id']}.json.gz",
                Body=gzip.compress(json.dumps(record, ensure_ascii=False).encode("utf-8", "replace"), mtime=0),
                ContentType="application/gzip",
            )
        except ClientError as error:
            return str(error.response.get("Error", {}).get("Code"))
        except Exception as error:
            return type(error).__name__
        return None


def from_environment() -> AuditWriter | None:
    """The writer of the deployment's audit log, or None where it keeps none."""
    bucket = os.environ.get(BUCKET_VARIABLE)
    if not bucket:
        return None
    return AuditWriter(bucket, _create_client(), content=os.environ.get(CONTENT_VARIABLE) == "true")


def _create_client() -> S3Client:
    from botocore.config import Config
    from botocore.session import get_session

    client: S3Client = get_session().create_client(
        "s3",
        region_name=os.environ.get("AWS_REGION"),
        config=Config(
            connect_timeout=_CONNECT_SECONDS,
            read_timeout=_READ_SECONDS,
            retries={"total_max_attempts": _ATTEMPTS, "mode": "standard"},
            # The gateway endpoint is for the region's own addresses.
            s3={"us_east_1_regional_endpoint": "regional"},
        ),
    )
    return client


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")
