"""The notebook from top to bottom in an emulated AWS: what its outputs say, and what it leaves."""

from __future__ import annotations

import base64
import struct
from pathlib import Path

import psutil
import pytest

from falconry.catalog import MODELS, samples

from .conftest import Executed, execute

pytestmark = pytest.mark.timeout(900)

KEPT_ROLES = "cdk-hnb659fds-"
"""What `cdk bootstrap` makes, and the account keeps."""


def begins(shown: str, whole: str) -> bool:
    """Whether a table shows `whole`, or the beginning of it."""
    return shown.partition(" … (")[0] == whole.strip()[: len(shown.partition(" … (")[0])] and bool(shown)


def test_every_cell_runs_and_says_something(executed: Executed) -> None:
    definitions = {"choose", "folder", "setup", "config", "sdk", "sdk-import"}

    assert executed.errors == {}
    assert {name for name, cell in executed.cells.items() if not cell["outputs"]} == definitions


def test_no_output_is_long_or_a_warning(executed: Executed) -> None:
    for name, cell in executed.cells.items():
        assert all(output.get("name") != "stderr" for output in cell["outputs"]), executed.text(name)
        assert len(executed.text(name).splitlines()) <= 12, name
        assert "\x1b" not in executed.text(name), name


def test_the_reader_learns_where_it_runs(executed: Executed) -> None:
    assert executed.text("account") == "An AWS emulated on this machine, region us-east-1. Everything here is free.\n"


def test_all_models_are_found_in_jumpstart(executed: Executed) -> None:
    rows = executed.rows("discover")

    assert [row["model"] for row in rows] == list(MODELS)
    assert {row["in JumpStart"] for row in rows} == {"yes"}


def test_it_is_deployed_by_the_cdk(executed: Executed) -> None:
    stacks = [f"falconry-dev-{stack}" for stack in ("network", "models", "api", "operations")]

    assert [line.split()[-1] for line in executed.text("deploy").splitlines()] == stacks
    assert executed.text("deployed") == "falconry-dev-falcon-7b-instruct: InService\n"


def test_the_runtime_answers_whole_and_streamed(executed: Executed) -> None:
    recipe = next(sample for sample in samples() if sample.id == "mayonnaise")

    assert "Hello! How can I help you today?" in executed.text("invoke")
    assert executed.text("invoke-stream").strip() == f"{recipe.answer}<|endoftext|>"
    assert executed.text("chat").startswith(f"{recipe.answer}\n\nfinish reason: stop\ntokens: ")


def test_mistakes_are_explained(executed: Executed) -> None:
    assert [(row["status"], row["class"]) for row in executed.rows("errors")] == [
        ("401", "AuthenticationError"),
        ("400", "BadRequestError"),
        ("404", "NotFoundError"),
    ]
    assert all(row["message"].endswith(".") for row in executed.rows("errors"))
    assert all(len(row["request ID"]) > 20 for row in executed.rows("errors"))


@pytest.mark.parametrize(
    ("kind", "cell", "column"), [("chat", "chat-samples", "answer"), ("completion", "base-samples", "completion")]
)
def test_every_sample_is_answered_as_announced(executed: Executed, kind: str, cell: str, column: str) -> None:
    wanted = [sample for sample in samples() if sample.kind == kind]
    rows = executed.rows(cell)

    assert [row["sample"] for row in rows] == [sample.title for sample in wanted]
    for row, sample in zip(rows, wanted, strict=True):
        assert begins(row[column], sample.answer), (row[column], sample.answer)


def test_the_two_ways_are_compared(executed: Executed) -> None:
    facts = {row[""]: row for row in executed.rows("compare")}
    ours, theirs = "cdk deploy: falcon-7b-instruct", "SDK: falcon-7b"
    variables = {row[""]: row["same"] for row in executed.rows("compare-environment")}

    assert executed.text("sdk-deploy").endswith("\nfalconry-notebook-falcon-7b: InService\n")
    assert (facts["VPC"][ours], facts["VPC"][theirs]) == ("2 private subnets", "none")
    assert facts["role permissions"][theirs] == "AmazonSageMakerFullAccess"
    assert "s3:GetObject" in facts["role permissions"][ours]
    assert variables["image"] == variables["SM_NUM_GPUS"] == "yes"
    # The catalog's own additions to what JumpStart sets.
    assert {name for name, same in variables.items() if same == "no"} == {"MAX_STOP_SEQUENCES", "MAX_TOP_N_TOKENS"}


def test_parameters_do_what_is_said(executed: Executed) -> None:
    rows = {row["parameters"]: row for row in executed.rows("parameters")}

    assert rows["temperature 0"]["answer"] == rows["temperature 0, again"]["answer"]
    assert rows["temperature 1, seed 1"]["answer"] == rows["temperature 1, seed 1, again"]["answer"]
    assert rows["temperature 1.8, seed 2"]["answer"] != rows["temperature 0"]["answer"]
    assert (rows["at most 8 tokens"]["tokens"], rows["at most 8 tokens"]["finish reason"]) == ("8", "length")
    assert "," not in rows["stop at the first comma"]["answer"]
    assert len(executed.rows("details")) == 6


def test_latency_is_measured_and_drawn(executed: Executed) -> None:
    (image,) = executed.images("latency")
    width, height = struct.unpack(">II", base64.b64decode(image)[16:24])  # of the PNG's header
    rows = executed.rows("latency-table")

    assert width > 800
    assert height > 300
    assert [row[""] for row in rows] == ["SageMaker runtime", "REST API"]
    for row in rows:
        assert 0 < float(row["first token, median (ms)"]) <= float(row["first token, 90% within (ms)"])
        assert float(row["gap, median (ms)"]) <= float(row["gap, 90% within (ms)"])


def test_nothing_is_left_deployed(executed: Executed) -> None:
    left = executed.content["metadata"]["left"]

    assert executed.text("clean-check").startswith("All endpoints and stacks of this notebook are deleted.\n")
    assert left["stacks"] == ["CDKToolkit"]
    assert [left[name] for name in ("endpoints", "endpoint configs", "models", "keys")] == [[], [], [], []]
    # API Gateway's role for logs is the account's and outlives deployments.
    (role,) = (name for name in left["roles"] if not name.startswith(KEPT_ROLES))
    assert role.startswith("falconry-dev-api-AccessLogRole")


def test_nothing_is_left_running(executed: Executed) -> None:
    def named(process: psutil.Process) -> str:
        return " ".join(process.info["cmdline"] or [])

    running = [named(process) for process in psutil.process_iter(["cmdline"])]
    assert [command for command in running if str(executed.folder) in command] == []
    assert list((executed.folder / "aws").glob("falconry-aws-*")) == []


def test_the_180b_model_is_a_changed_word_away(tmp_path: Path) -> None:
    executed = execute(tmp_path, {'CONFIG = "dev"': 'CONFIG = "falcon-180b"'})
    left = executed.content["metadata"]["left"]

    assert executed.errors == {}
    assert executed.text("deployed") == "falconry-falcon-180b-falcon-180b-chat: InService\n"
    assert "User: Hello!\\nFalcon: Hello! How can I help you today?" in executed.text("invoke")
    # Its stacks are protected from deletion, and its data is kept.
    assert "`retain_data: true`: its buckets, logs and KMS keys are kept too" in executed.text("clean-check")
    assert (left["endpoints"], left["stacks"]) == ([], ["CDKToolkit"])
