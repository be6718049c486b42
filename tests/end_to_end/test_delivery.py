"""The workflows rehearsed: a change is reviewed, merged, deployed; a bad one is deployed, found out, and taken back."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from .control_plane import client
from .rehearsal import Rehearsal, Run, rehearsal

CONFIGS = ("dev", "falcon-180b")
REHEARSED = {
    "deploy/assemble/Synthesize every config",
    "deploy/development/Deploy, test, or go back",
    "deploy/development/Find the way back",
    "deploy/prepare/Prepare the change sets",
    "deploy/production/Execute the change sets, test, or go back",
    "deploy/production/Find the way back",
    "review/account/Compare and ask",
    "review/comment/Write the comment, or write it anew",
    "review/head/Synthesize every config",
    "review/review/Review",
    "review/review/Synthesize every config",
}
"""The steps that the test below runs. tests/unit/test_workflows.py holds that no other step is only hoped to work."""

ran: set[str] = set()


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rehearsal]:
    with rehearsal(tmp_path_factory.mktemp("rehearsal"), CONFIGS) as prepared:
        yield prepared


def passed(stage: Rehearsal, key: str, checkout: Path, **values: str) -> Run:
    """Run a step that is to succeed."""
    ended = stage.run(key, checkout, **values)
    ran.add(key)
    assert ended.code == 0, ended.printed
    return ended


def review(stage: Rehearsal, ref: str, *, base_assemblies: Path | None = None) -> tuple[Run, Path]:
    """The workflow Review for a pull request of `ref` into main: its review step, and the assemblies of `ref`.

    `base_assemblies` are those of main, where they have been synthesized already.
    """
    head, base = stage.checkout(ref), stage.checkout("main")
    passed(stage, "review/head/Synthesize every config", head)
    if base_assemblies:
        shutil.copytree(base_assemblies, base / "assemblies")
    else:
        passed(stage, "review/review/Synthesize every config", base)
    shutil.copytree(head / "assemblies", base / "head")
    accepted = "contains(github.event.pull_request.labels.*.name, 'allow-danger')"
    ended = stage.run("review/review/Review", base, **{accepted: "false"})
    ran.add("review/review/Review")
    passed(
        stage, "review/comment/Write the comment, or write it anew", base, **{"github.event.pull_request.number": "7"}
    )
    return ended, head / "assemblies"


def deploy(stage: Rehearsal, job: str, step: str, assemblies: Path, number: int) -> Run:
    """One deploying job of the workflow Deploy in run `number`; what `uses:` steps do is done here."""
    config = "dev" if job == "development" else "falcon-180b"
    checkout = stage.checkout("main")
    shutil.copytree(assemblies, checkout / "assemblies")
    if job == "production":
        shutil.copytree(stage.folder / "prepared", checkout / "prepared")
    passed(stage, f"deploy/{job}/Find the way back", checkout)
    if run := stage.output("run", checkout):
        shutil.copytree(stage.folder / f"deployed-{config}-{run}", checkout / "previous")
    ended = stage.run(f"deploy/{job}/{step}", checkout)
    ran.add(f"deploy/{job}/{step}")
    if ended.code == 0:
        kept = stage.folder / f"deployed-{config}-{number}"
        kept.mkdir()
        shutil.copy(assemblies / f"{config}.tar", kept)
        stage.github.add_artifact(f"deployed-{config}", number, head_sha=stage.git("rev-parse", "main"))
    return ended


def assemble(stage: Rehearsal) -> Path:
    checkout = stage.checkout("main")
    passed(stage, "deploy/assemble/Synthesize every config", checkout)
    return checkout / "assemblies"


def rate(stage: Rehearsal) -> float:
    """Requests per second of the client `default` of dev, as deployed."""
    plans = client(stage.aws_url, "apigateway").get_usage_plans()["items"]
    (plan,) = [plan for plan in plans if plan["name"] == "falconry-dev-default"]
    return float(plan["throttle"]["rateLimit"])


def merge(stage: Rehearsal, branch: str) -> None:
    """Let main be the commit of a branch: what was synthesized for its review is what main's job would synthesize."""
    stage.git("checkout", "--quiet", "main")
    stage.git("merge", "--quiet", "--ff-only", branch)


def edit(stage: Rehearsal, file: str, old: str, new: str) -> None:
    path = stage.repository / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    stage.git("commit", "--quiet", "--all", "--message", f"Change {file}")


@pytest.mark.timeout(600)
def test_reviewed_merged_deployed_and_taken_back(stage: Rehearsal) -> None:
    # GIVEN main, deployed to development and, by change sets, to production
    assemblies = assemble(stage)
    first = deploy(stage, "development", "Deploy, test, or go back", assemblies, 1)
    assert first.code == 0, first.printed
    prepare = stage.checkout("main")
    shutil.copytree(assemblies, prepare / "assemblies")
    change_sets = passed(stage, "deploy/prepare/Prepare the change sets", prepare)
    assert "| Add | `ArtifactsBucket" in change_sets.page
    assert not [api for api in client(stage.aws_url, "apigateway").get_rest_apis()["items"] if "180b" in api["name"]], (
        "preparing has deployed"
    )
    shutil.copytree(prepare / "prepared", stage.folder / "prepared")
    production = deploy(stage, "production", "Execute the change sets, test, or go back", assemblies, 1)
    assert production.code == 0, production.printed
    endpoint = client(stage.aws_url, "sagemaker").describe_endpoint(
        EndpointName="falconry-falcon-180b-falcon-180b-chat"
    )
    assert endpoint["EndpointStatus"] == "InService"

    # WHEN a branch gives a client fewer requests THEN the review says what changes, in one comment
    stage.git("checkout", "--quiet", "-b", "fewer-requests")
    edit(stage, "config/dev.yaml", "- name: default", "- {name: default, rate_per_second: 3}")
    reviewed, good_assemblies = review(stage, "fewer-requests")
    assert reviewed.code == 0, reviewed.printed
    (comment,) = stage.github.comments
    assert comment["body"].startswith("<!-- falconry-review -->\n## ")
    assert "falconry-dev-api" in comment["body"]
    assert re.search(r"\+ .*RateLimit.*: 3", comment["body"])
    assert "Unchanged: `falcon-180b`." in comment["body"]

    # AND what main has synthesized is what the account has: the account's page knows no difference
    account = stage.checkout("fewer-requests")
    shutil.copytree(assemblies, account / "assemblies")
    same = passed(stage, "review/account/Compare and ask", account, **{"matrix.config": "dev"})
    assert "There were no differences" in same.page

    # WHEN it is merged THEN development has it
    before = rate(stage)
    merge(stage, "fewer-requests")
    merged = deploy(stage, "development", "Deploy, test, or go back", good_assemblies, 2)
    assert merged.code == 0, merged.printed
    assert (before != 3, rate(stage)) == (True, 3)

    # WHEN the next change has a front that cannot start THEN the smoke test fails and the merge before it is back
    good = stage.git("rev-parse", "fewer-requests")  # what was synthesized for the review and then deployed
    stage.git("checkout", "--quiet", "-b", "bad")
    edit(stage, "lambda_src/chat/host/handler.py", "from __future__ import annotations", "raise RuntimeError('bad')")
    edit(stage, "config/dev.yaml", "rate_per_second: 3", "rate_per_second: 5")
    reviewed, bad_assemblies = review(stage, "bad", base_assemblies=good_assemblies)
    assert reviewed.code == 0
    assert len(stage.github.comments) == 1
    assert re.search(r"\+ .*RateLimit.*: 5", stage.github.comments[0]["body"])
    merge(stage, "bad")
    bad = deploy(stage, "development", "Deploy, test, or go back", bad_assemblies, 3)
    assert bad.code == 1, bad.printed
    assert f"Rolled back to commit {good}, which passed its smoke test" in bad.page
    assert rate(stage) == 3
    assert len(re.findall(r"checks? failed", bad.printed)) == 2, "the bad one, tried twice"
    assert len(re.findall(r"All \d+ checks passed", bad.printed)) == 1, "the one before it"
    assert ran == REHEARSED
