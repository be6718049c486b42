"""`falconry mirror`: whatever ends it, it goes on, and nobody sees a copy that is not whole."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from falconry.catalog import MODELS
from tests.infrastructure.matrix import SMALL, synthesize

from .command import COMMAND, as_json, describe, environment, falconry
from .control_plane import CloudFormation, client, control_plane
from .hugging_face_hub import COMMIT, hub
from .local import ROOT

MODEL = "falcon-7b-instruct"
CONFIG = SMALL + "    model_data: artifact_bucket\n"
PARTS = ("--part-size", "5")
MIB = 1024 * 1024


@dataclass(frozen=True)
class Place:
    """A deployment of which the bucket is there."""

    name: str
    aws_url: str
    local_file: Path
    bucket: str

    def client(self, service: str) -> Any:
        return client(self.aws_url, service)

    @property
    def published(self) -> str | None:
        """What a deploy would take."""
        found = self.client("ssm").get_parameters(Names=[f"/falconry/{self.name}/artifacts/{MODEL}"])["Parameters"]
        return str(found[0]["Value"]) if found else None

    def sent(self) -> int:
        """Bytes of models that are in the bucket, in objects or in parts."""
        s3 = self.client("s3")
        total = sum(self.sizes().values())
        for upload in s3.list_multipart_uploads(Bucket=self.bucket).get("Uploads", []):
            try:
                parts = s3.list_parts(Bucket=self.bucket, Key=upload["Key"], UploadId=upload["UploadId"])
            except s3.exceptions.ClientError:
                continue  # complete since
            total += sum(part["Size"] for part in parts.get("Parts", []))
        return total

    def sizes(self) -> dict[str, int]:
        listed = self.client("s3").list_objects_v2(Bucket=self.bucket, Prefix="models/").get("Contents", [])
        return {
            item["Key"]: item["Size"] for item in listed if not item["Key"].endswith(".json") or "config" in item["Key"]
        }

    def content(self, prefix: str) -> dict[str, bytes]:
        """The files below a prefix."""
        s3 = self.client("s3")
        keys = [item["Key"] for item in s3.list_objects_v2(Bucket=self.bucket, Prefix=prefix)["Contents"]]
        return {key.removeprefix(prefix): s3.get_object(Bucket=self.bucket, Key=key)["Body"].read() for key in keys}


numbers = count(1)


@pytest.fixture(scope="module")
def aws_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    with control_plane(tmp_path_factory.mktemp("mirror") / "control-plane.log") as url:
        CloudFormation(url).prepare()
        yield url


@pytest.fixture
def place(aws_url: str, tmp_path: Path) -> Place:
    """A deployment of a name of its own."""
    name = f"own{next(numbers)}"
    config = tmp_path / f"{name}.yaml"
    config.write_text(CONFIG, encoding="utf-8")
    local_file = describe(tmp_path, config=str(config), aws_endpoint_url=aws_url)
    made = Place(name, aws_url, local_file, f"falconry-{name}-artifacts")
    made.client("s3").create_bucket(Bucket=made.bucket)
    by_default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": "alias/own"}
    made.client("s3").put_bucket_encryption(
        Bucket=made.bucket,
        ServerSideEncryptionConfiguration={"Rules": [{"ApplyServerSideEncryptionByDefault": by_default}]},
    )
    parameter = f"/falconry/{name}/artifacts/bucket-name"
    made.client("ssm").put_parameter(Name=parameter, Type="String", Value=made.bucket)
    return made


def weights(folder: Path, *mebibytes: float, seed: int = 1) -> dict[str, bytes]:
    """A model's files of random bytes, in a folder."""
    dice = random.Random(seed)
    files = {f"model-{index:05}.safetensors": dice.randbytes(int(size * MIB)) for index, size in enumerate(mebibytes)}
    files |= {"config.json": b'{"model_type": "falcon"}', "code/empty.py": b""}
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return files


def killed_when(place: Place, sent: int, *arguments: str) -> int:
    """Starts a copy and kills it as soon as so many bytes are in the bucket. The exit code."""
    command = [*COMMAND, "mirror", "--local", *arguments]
    with subprocess.Popen(
        command, env=environment(place.local_file), cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    ) as process:
        deadline = time.monotonic() + 60
        while process.poll() is None and place.sent() < sent:
            assert time.monotonic() < deadline
            time.sleep(0.02)  # what is asked all the time is slower to send
        process.send_signal(signal.SIGKILL)
        return process.wait()


def sent_at_last(place: Place, least: int) -> int:
    """Bytes in the bucket. While the emulated S3 makes an object of parts, they are neither for a moment."""
    deadline = time.monotonic() + 10
    while (sent := place.sent()) < least and time.monotonic() < deadline:
        time.sleep(0.1)
    return sent


def test_killed_five_times_it_goes_on_and_ends_byte_identical(place: Place, tmp_path: Path) -> None:
    files = weights(tmp_path / "model", 61, 22.5, 5, 0.2)
    total = sum(map(len, files.values()))
    source = ("--from", str(tmp_path / "model"), *PARTS, "--concurrency", "1")

    before = 0
    seen = set()
    for share in sorted(random.uniform(0.02, 0.7) for _ in range(5)):
        assert killed_when(place, int(share * total), *source) == -signal.SIGKILL
        assert place.published is None, "a copy that is not whole was published"
        sent = sent_at_last(place, before)
        assert before <= sent <= total, "what was there is gone, or is there twice"
        before = sent
        seen.add(sent)
    assert len(seen) > 2, "it was killed before or after the copying only"
    left = as_json(place.local_file, "mirror", "--local", *source, "--dry-run")["bytes_missing"]
    report = as_json(place.local_file, "mirror", "--local", *source)

    assert left <= total - before, "what was there is to be sent again"
    assert report["published"]
    prefix = report["destination"].partition(f"{place.bucket}/")[2]
    assert place.published == f"{prefix},S3Prefix,None"
    assert place.content(prefix) == files
    assert not place.client("s3").list_multipart_uploads(Bucket=place.bucket).get("Uploads")
    head = place.client("s3").head_object(Bucket=place.bucket, Key=f"{prefix}config.json")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert as_json(place.local_file, "mirror", "--local", "--verify", *source[:2])["passed"]


def test_an_upload_that_was_begun_twice_or_in_other_parts_is_cleared_up(place: Place, tmp_path: Path) -> None:
    files = weights(tmp_path / "model", 22)
    source = ("--from", str(tmp_path / "model"))
    killed_when(place, 5 * MIB, *source, *PARTS, "--concurrency", "1")
    s3 = place.client("s3")
    (begun,) = s3.list_multipart_uploads(Bucket=place.bucket)["Uploads"]
    s3.create_multipart_upload(Bucket=place.bucket, Key=begun["Key"], ChecksumAlgorithm="SHA256")
    left = as_json(place.local_file, "mirror", "--local", *source, *PARTS, "--dry-run")["bytes_missing"]

    report = as_json(place.local_file, "mirror", "--local", *source, "--part-size", "7")

    assert left < sum(map(len, files.values()))
    assert place.content(report["destination"].partition(f"{place.bucket}/")[2]) == files
    assert not s3.list_multipart_uploads(Bucket=place.bucket).get("Uploads")


def test_within_s3_from_jumpstarts_bucket_no_byte_comes_through_this_machine(place: Place) -> None:
    s3 = place.client("s3")
    # GIVEN a model of some size where JumpStart's stand-in is
    prefix = MODELS[MODEL].model_data_key
    for item in s3.list_objects_v2(Bucket="jumpstart-cache-prod-us-east-1", Prefix=prefix).get("Contents", []):
        s3.delete_object(Bucket="jumpstart-cache-prod-us-east-1", Key=item["Key"])
    files = {"config.json": b"{}", "model-1.safetensors": random.Random(2).randbytes(11 * MIB), "code/empty.py": b""}
    for name, content in files.items():
        key = f"{MODELS[MODEL].model_data_key}{name}"
        s3.put_object(Bucket="jumpstart-cache-prod-us-east-1", Key=key, Body=content)

    assert killed_when(place, 5 * MIB, *PARTS, "--concurrency", "1") in (-signal.SIGKILL, 0)
    report = as_json(place.local_file, "mirror", "--local", *PARTS)

    assert report["source"] == f"s3://jumpstart-cache-prod-us-east-1/{MODELS[MODEL].model_data_key}"
    assert place.content(report["destination"].partition(f"{place.bucket}/")[2]) == files
    assert as_json(place.local_file, "mirror", "--local", "--verify", "--from", "jumpstart")["passed"]


def test_an_archive_is_published_as_one(place: Place, tmp_path: Path) -> None:
    (tmp_path / "tuned.tar.gz").write_bytes(b"archive")
    report = as_json(place.local_file, "mirror", "--local", "--from", str(tmp_path / "tuned.tar.gz"))

    assert place.published == f"{report['destination'].partition(f'{place.bucket}/')[2]}tuned.tar.gz,S3Object,Gzip"


def test_a_repository_of_hugging_face(place: Place, tmp_path: Path) -> None:
    weights_file = random.Random(3).randbytes(12 * MIB)
    files = {
        "config.json": b"{}",
        "model-1.safetensors": weights_file,
        "pytorch_model.bin": b"x" * 2000,
        "README.md": b"#",
    }
    with hub("tiiuae/falcon", files) as url:
        result = hugging_face(place, tmp_path, url, "hf:tiiuae/falcon@main")
    report = json.loads(result.stdout)

    assert report["source"] == f"hf:tiiuae/falcon@{COMMIT}"
    prefix = report["destination"].partition(f"{place.bucket}/")[2]
    assert place.content(prefix) == {"config.json": b"{}", "model-1.safetensors": weights_file}
    left = [path for path in (tmp_path / "cache").rglob("*") if path.is_file() and path.stat().st_size > MIB]
    assert left == []


def test_a_file_that_arrives_damaged_from_hugging_face_is_not_copied(place: Place, tmp_path: Path) -> None:
    files = {"config.json": b"{}", "model-1.safetensors": b"w" * 5000}
    with hub("tiiuae/falcon", files, damaged="model-1.safetensors") as url:
        result = hugging_face(place, tmp_path, url, "hf:tiiuae/falcon")

    assert result.returncode == 1
    assert "model-1.safetensors of hf:tiiuae/falcon" in result.stderr
    assert "was not downloaded intact" in result.stderr
    assert place.published is None


def hugging_face(place: Place, tmp_path: Path, url: str, source: str) -> subprocess.CompletedProcess[str]:
    variables = {"HF_ENDPOINT": url, "XDG_CACHE_HOME": str(tmp_path / "cache"), "HF_HOME": str(tmp_path / "hf")}
    return subprocess.run(
        [*COMMAND, "mirror", "--local", "--json", "--from", source, *PARTS],
        env=environment(place.local_file, **variables),
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_a_deploy_waits_for_the_copy_and_a_new_one_replaces_the_model(place: Place, tmp_path: Path) -> None:
    cloudformation = CloudFormation(place.aws_url)
    place.client("ssm").delete_parameter(
        Name=f"/falconry/{place.name}/artifacts/bucket-name"
    )  # the stack makes its own
    assembly = synthesize(place.name, CONFIG, tmp_path)

    # GIVEN no copy WHEN it is deployed THEN CloudFormation refuses before it makes a model.
    with pytest.raises(Exception, match=f"/falconry/{place.name}/artifacts/{MODEL}"):
        cloudformation.deploy(assembly, place.name)
    assert place.client("sagemaker").list_models()["Models"] == []

    weights(tmp_path / "model", 0.1)
    first = as_json(place.local_file, "mirror", "--local", "--from", str(tmp_path / "model"))
    assert cloudformation.deploy(assembly, place.name) == ["models", "api", "operations"]
    assert model_data(place) == {"S3Uri": first["destination"], "S3DataType": "S3Prefix", "CompressionType": "None"}

    # WHEN other weights are copied THEN the endpoint's own stay, and the next deploy takes the new ones.
    weights(tmp_path / "model", 0.1, seed=2)
    second = as_json(place.local_file, "mirror", "--local", "--from", str(tmp_path / "model"))
    assert first["destination"] != second["destination"]
    assert model_data(place)["S3Uri"] == first["destination"]
    assert cloudformation.deploy(assembly, place.name) == ["models"]
    assert model_data(place)["S3Uri"] == second["destination"]


def model_data(place: Place) -> Mapping[str, Any]:
    """What SageMaker was told of the model's weights."""
    sagemaker = place.client("sagemaker")
    (model,) = sagemaker.list_models()["Models"]
    container = sagemaker.describe_model(ModelName=model["ModelName"])["PrimaryContainer"]
    source: dict[str, Any] = container["ModelDataSource"]["S3DataSource"]
    return source


def test_verify_finds_what_was_changed(place: Place, tmp_path: Path) -> None:
    files = weights(tmp_path / "model", 6)
    report = as_json(place.local_file, "mirror", "--local", "--from", str(tmp_path / "model"), *PARTS)
    prefix = report["destination"].partition(f"{place.bucket}/")[2]
    s3 = place.client("s3")

    s3.put_object(Bucket=place.bucket, Key=f"{prefix}model-00000.safetensors", Body=bytes(6 * MIB))
    s3.delete_object(Bucket=place.bucket, Key=f"{prefix}config.json")
    s3.put_object(Bucket=place.bucket, Key=f"{prefix}other.bin", Body=b"?")
    result = falconry(place.local_file, "mirror", "--local", "--verify", columns=160)
    assert result.returncode == 1
    assert "model-00000.safetensors differs from what was published" in result.stderr
    assert "config.json is missing" in result.stderr
    assert "other.bin is unexpected" in result.stderr

    # WHEN what is wrong is deleted and the copy made again THEN it is as it was; and another source differs.
    for name in ("model-00000.safetensors", "other.bin"):
        s3.delete_object(Bucket=place.bucket, Key=f"{prefix}{name}")
    as_json(place.local_file, "mirror", "--local", "--from", str(tmp_path / "model"), *PARTS)
    assert place.content(prefix) == files
    weights(tmp_path / "other", 6, seed=5)
    differing = falconry(place.local_file, "mirror", "--local", "--verify", "--from", str(tmp_path / "other"))
    assert (differing.returncode, "model-00000.safetensors differs from" in differing.stderr) == (1, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--from", "nowhere"), "nowhere: there is no such folder."),
        (("--from", "stacks"), "stacks: config.json is missing."),
        (("--from", "README.md"), "a file must be an archive, .tar.gz"),
        (("--from", "s3://absent/model/"), "NoSuchBucket"),
        (("--from", "hf:tiiuae/falcon"), "HF_ENDPOINT sets another server"),
        (("--model", "falcon-1b"), "'falcon-1b' is not a model of own"),
        (("--verify",), f"no copy of {MODEL} is published."),
    ],
)
def test_what_cannot_be_copied(place: Place, arguments: tuple[str, ...], said: str) -> None:
    result = falconry(place.local_file, "mirror", "--local", *arguments)

    assert result.returncode == 1
    assert said in result.stderr
    assert place.published is None


@pytest.mark.parametrize(
    ("config", "said"),
    [
        (SMALL, "uses the artifact bucket. Set `model_data: artifact_bucket`"),
        (
            CONFIG + "  - name: falcon-40b\n    model_data: artifact_bucket\n",
            "uses the artifact bucket for falcon-7b-instruct and falcon-40b. Choose one, such as --model falcon-7b",
        ),
    ],
)
def test_where_no_model_or_several_are_mirrored(place: Place, tmp_path: Path, config: str, said: str) -> None:
    file = tmp_path / f"{place.name}.yaml"
    file.write_text(config, encoding="utf-8")

    result = falconry(place.local_file, "mirror", str(file), "--local")

    assert result.returncode == 1
    assert said in result.stderr


def test_without_the_bucket(place: Place, tmp_path: Path) -> None:
    place.client("ssm").delete_parameter(Name=f"/falconry/{place.name}/artifacts/bucket-name")
    result = falconry(place.local_file, "mirror", "--local", "--from", str(tmp_path))

    assert result.returncode == 1
    assert f"npx cdk deploy falconry-{place.name}-network -c config={place.name}" in result.stderr
