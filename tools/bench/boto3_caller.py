"""boto3 called directly, as a process: `python boto3_caller.py URL` reads a request for each line of its input.

A line is JSON: {"endpoint": ..., "body": ...}. For each it prints one line: the milliseconds to the first PayloadPart
that holds a token and to the end of the stream, and the bytes of the answer in hexadecimal digits.
"""

from __future__ import annotations

import json
import sys
import time

import boto3
from botocore.config import Config


def main(url: str) -> None:
    client = boto3.client("sagemaker-runtime", endpoint_url=url, config=Config(retries={"total_max_attempts": 1}))
    for line in sys.stdin:
        request = json.loads(line)
        body = request["body"].encode()
        started = time.perf_counter()
        response = client.invoke_endpoint_with_response_stream(
            EndpointName=request["endpoint"], ContentType="application/json", Body=body
        )
        first, parts = None, []
        for event in response["Body"]:
            part = event["PayloadPart"]["Bytes"]
            if first is None and b'"token"' in part:
                first = time.perf_counter()
            parts.append(part)
        ended = time.perf_counter()
        milliseconds = [((first or ended) - started) * 1000, (ended - started) * 1000]
        print(json.dumps([*milliseconds, b"".join(parts).hex()]), flush=True)


if __name__ == "__main__":
    main(sys.argv[1])
