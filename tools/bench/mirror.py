"""`falconry mirror` of 2 GB into the emulated AWS: killed five times and resumed, then timed against `aws s3 cp`:
`make bench-mirror`.

Both copy the same folder to the same server in turn, several times; what counts is the ratio, since the server is moto,
which takes most of the time of either.
"""

from __future__ import annotations

import hashlib
import json
import os
import random
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
from local_aws.cdk import ROOT

RUNS = 3
KILLS = 5
FILE_MIB = (512, 512, 512, 384, 120, 8)
"""2 GiB. moto puts an object together in memory when its upload is complete, so no file is larger than that."""
MIB = 1024 * 1024
MODEL = "falcon-7b-instruct"
BUCKET = "bench"
CREDENTIALS = {"aws_access_key_id": "bench", "aws_secret_access_key": "bench", "region_name": "us-east-1"}
CONFIG = f"region: us-east-1\nmodels: [{{name: {MODEL}, model_data: artifact_bucket}}]\n"


@contextmanager
def emulated_aws(folder: Path) -> Iterator[str]:
    """The URL of a control plane that spools objects to `folder`."""
    command = [sys.executable, "-m", "local_aws.control_plane", "--port", "0"]
    environment = {**os.environ, "TMPDIR": str(folder)}
    with subprocess.Popen(command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, text=True) as server:
        try:
            assert server.stdout is not None  # noqa: S101 (it is a pipe)
            yield f"http://localhost:{server.stdout.readline().rsplit(':', 1)[-1].strip()}"
        finally:
            server.terminate()


def make_model(folder: Path) -> dict[str, str]:
    """A model of random bytes; its files and their hashes."""
    folder.mkdir()
    (folder / "config.json").write_text("{}", encoding="utf-8")
    for index, size in enumerate(FILE_MIB):
        with (folder / f"model-{index:05}.safetensors").open("wb") as file:
            for _ in range(size):
                file.write(os.urandom(MIB))
    return {path.name: hash_of(path.open("rb")) for path in folder.iterdir()}


def hash_of(stream: Any) -> str:
    """SHA-256 of what is left to read."""
    digest = hashlib.sha256()
    while block := stream.read(MIB):
        digest.update(block)
    return digest.hexdigest()


def clear(s3: Any) -> None:
    """Empties the bucket."""
    for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []):
        s3.delete_object(Bucket=BUCKET, Key=item["Key"])


def sent(s3: Any) -> int:
    """Bytes in the bucket, in objects and in parts of incomplete uploads."""
    total: int = sum(item["Size"] for item in s3.list_objects_v2(Bucket=BUCKET).get("Contents", []))
    for upload in s3.list_multipart_uploads(Bucket=BUCKET).get("Uploads", []):
        try:
            parts = s3.list_parts(Bucket=BUCKET, Key=upload["Key"], UploadId=upload["UploadId"])
        except s3.exceptions.ClientError:
            continue  # complete since
        total += sum(part["Size"] for part in parts.get("Parts", []))
    return total


def kill_and_resume(s3: Any, ssm: Any, command: list[str], environment: dict[str, str], hashes: dict[str, str]) -> None:
    """Raises AssertionError unless the copy survives."""
    whole = sum(FILE_MIB) * MIB
    for share in sorted(random.uniform(0.02, 0.9) for _ in range(KILLS)):  # noqa: S311
        with subprocess.Popen(command, env=environment, cwd=ROOT, stdout=subprocess.DEVNULL) as process:
            while process.poll() is None and sent(s3) < share * whole:
                time.sleep(0.05)
            process.send_signal(signal.SIGKILL)
        published = ssm.get_parameters(Names=[f"/falconry/bench/artifacts/{MODEL}"])["Parameters"]
        print(f"  killed: {sent(s3) / MIB:5.0f} MiB are there, published: {bool(published)}", flush=True)
        check(not published and process.returncode == -signal.SIGKILL, "a copy that was killed was published")
    dry = subprocess.run([*command, "--dry-run"], env=environment, cwd=ROOT, check=True, capture_output=True, text=True)
    missing = json.loads(dry.stdout)["bytes_missing"]
    report = json.loads(
        subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    )
    prefix = report["destination"].partition(f"{BUCKET}/")[2]
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET, Prefix=prefix)["Contents"]]
    there = {key.removeprefix(prefix): hash_of(s3.get_object(Bucket=BUCKET, Key=key)["Body"]) for key in keys}
    check(there == hashes, "the copy differs from its source")
    print(f"  resumed: {missing / MIB:.0f} MiB were missing; all {len(there)} files are byte-identical\n", flush=True)


def check(holds: bool, otherwise: str) -> None:
    """Ends the bench if a condition does not hold."""
    if not holds:
        sys.exit(otherwise)


def seconds(command: list[str], environment: dict[str, str]) -> float:
    """How long a command takes that must succeed."""
    started = time.perf_counter()
    subprocess.run(command, env=environment, cwd=ROOT, check=True, capture_output=True)
    return time.perf_counter() - started


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as temporary, emulated_aws(Path(temporary)) as url:
        folder = Path(temporary)
        (folder / "bench.yaml").write_text(CONFIG, encoding="utf-8")
        described = {"config": str(folder / "bench.yaml"), "aws_endpoint_url": url, "headers": {}}
        (folder / "api.json").write_text(json.dumps(described), encoding="utf-8")
        s3, ssm = (boto3.client(name, endpoint_url=url, **CREDENTIALS) for name in ("s3", "ssm"))
        s3.create_bucket(Bucket=BUCKET)
        ssm.put_parameter(Name="/falconry/bench/artifacts/bucket-name", Type="String", Value=BUCKET)
        model = folder / "model"
        hashes = make_model(model)

        environment = {**os.environ, "FALCONRY_LOCAL_FILE": str(folder / "api.json"), "AWS_ENDPOINT_URL": url}
        environment |= {name.upper(): value for name, value in CREDENTIALS.items()} | {"AWS_REGION": "us-east-1"}
        mirror = [sys.executable, "-m", "falconry", "mirror", "--local", "--json", "--from", str(model)]
        awscli = [sys.argv[1], "s3", "cp", "--recursive", "--only-show-errors", str(model), f"s3://{BUCKET}/plain/"]
        print(f"{sum(FILE_MIB) / 1024:.1f} GiB in {len(FILE_MIB) + 1} files, killed {KILLS} times at random\n")
        kill_and_resume(s3, ssm, mirror, environment, hashes)

        measured: dict[str, list[float]] = {"aws s3 cp": [], "falconry mirror": []}
        for _ in range(RUNS):
            for name, command in (("aws s3 cp", awscli), ("falconry mirror", mirror)):
                clear(s3)
                measured[name].append(seconds(command, environment))
    medians = {name: statistics.median(times) for name, times in measured.items()}
    print(f"into an empty bucket, median of {RUNS} runs each, in turn\n")
    for name, median in medians.items():
        speed = sum(FILE_MIB) / median
        print(f"  {name:<16} {median:6.1f} s  {speed:6.0f} MiB/s  {medians['aws s3 cp'] / median:5.2f} times aws s3 cp")


if __name__ == "__main__":
    main()
