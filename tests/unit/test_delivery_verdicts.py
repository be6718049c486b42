"""What the review and a deployment end with: the exit codes that stop a merge or call a person."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from delivery import deploy
from delivery.assembly import Assembly, pack
from delivery.change_sets import State, execute, prepare, save
from delivery.errors import DeliveryError
from delivery.projects import Project
from delivery.review import review

FALCONRY = """\
#!/bin/sh
echo "$@" >> "$CALLS"
for argument do
    [ "$previous" = --output ] && echo "The bucket goes." > "$argument"
    [ "$argument" = --allow-danger ] && accepted=yes
    previous=$argument
done
[ "$accepted" ] || exit $CODE
"""
"""A `falconry review` that sees what CODE says."""


def write_assembly(file: Path, commit: str, *, replicas: int = 1) -> Path:
    """An assembly of two stacks and the one that is deployed by hand, the second needing the first."""
    folder = file.with_suffix(".folder")
    (folder / "cdk.out").mkdir(parents=True)
    role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-%s-role-${AWS::AccountId}-us-east-1"
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/us-east-1",
            "properties": {"assumeRoleArn": role % "deploy", "lookupRole": {"arn": role % "lookup"}},
            "dependencies": dependencies,
        }
        for name, dependencies in {
            "falconry-dev-api": ["falconry-dev-network", "falconry-dev-api.assets"],
            "falconry-dev-network": [],
            "falconry-dev-delivery": [],
        }.items()
    }
    (folder / "cdk.out" / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    template = {"Resources": {"A": {"Type": "AWS::S3::Bucket", "Properties": {"Replicas": replicas}}}}
    (folder / "cdk.out" / "falconry-dev-api.template.json").write_text(json.dumps(template))
    (folder / f"{file.stem}.yaml").write_text("region: us-east-1\n")
    (folder / "commit").write_text(f"{commit}\n")
    file.parent.mkdir(parents=True, exist_ok=True)
    pack(folder, file)
    return file


@dataclass(frozen=True)
class FakeProject(Project):
    """Remembers the CDK's commands; those with a word of `broken` fail."""

    broken: tuple[str, ...] = ()
    calls: list[str] = field(default_factory=list)

    def cdk(self, *arguments: str, environment: dict[str, str] | None = None) -> str:
        call = " ".join(arguments)
        self.calls.append(call)
        if any(word in call for word in self.broken):
            raise DeliveryError(f"`cdk {arguments[0]}` failed")
        return ""


# Review


@pytest.fixture
def falconry(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], Path]:
    """Puts a `falconry` that ends with the code on the PATH; where it writes down how it was called."""

    def install(code: int) -> Path:
        programs = tmp_path / "programs"
        programs.mkdir()
        (programs / "falconry").write_text(FALCONRY)
        (programs / "falconry").chmod(0o755)
        monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")
        monkeypatch.setenv("CODE", str(code))
        monkeypatch.setenv("CALLS", str(tmp_path / "calls"))
        return tmp_path / "calls"

    return install


@pytest.mark.parametrize(
    ("found", "allow", "ends"), [(0, False, 0), (2, False, 2), (2, True, 0)], ids=["harmless", "danger", "accepted"]
)
def test_the_review_ends_with_the_danger(
    found: int, allow: bool, ends: int, falconry: Callable[[int], Path], tmp_path: Path
) -> None:
    calls = falconry(found)
    write_assembly(tmp_path / "base" / "dev.tar", "a")
    write_assembly(tmp_path / "head" / "dev.tar", "b", replicas=2)

    assert review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=allow) == ends

    text = (tmp_path / "out" / "review.md").read_text()
    assert text.startswith("## `dev`\n\nThe bucket goes.\n")
    assert '-    "Replicas": 1' in text
    assert '+    "Replicas": 2' in text
    assert ("--allow-danger" in calls.read_text()) is allow


def test_a_review_that_breaks_is_no_verdict(falconry: Callable[[int], Path], tmp_path: Path) -> None:
    falconry(1)
    write_assembly(tmp_path / "base" / "dev.tar", "a")
    write_assembly(tmp_path / "head" / "dev.tar", "b", replicas=2)

    with pytest.raises(DeliveryError, match=r"`falconry review` failed \(1\) for dev"):
        review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=False)


def test_configs_that_come_and_go_are_said(tmp_path: Path) -> None:
    write_assembly(tmp_path / "base" / "old.tar", "a")
    write_assembly(tmp_path / "head" / "new.tar", "b")

    assert review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=False) == 0

    text = (tmp_path / "out" / "review.md").read_text()
    assert "## `new`\n\nThere is nothing to compare it with" in text
    assert "## `old`\n\nThe config goes. Its stacks stay, and cost what they cost" in text


# Deployment


@pytest.fixture
def assemblies(tmp_path: Path) -> tuple[Assembly, Assembly]:
    """The new one and the previous one."""
    new = write_assembly(tmp_path / "new" / "dev.tar", "new")
    return Assembly.open("dev", new), Assembly.open("dev", write_assembly(tmp_path / "old" / "dev.tar", "old"))


@pytest.mark.parametrize(
    ("broken", "smoke_fails", "with_previous", "ends", "said"),
    [
        pytest.param((), (), True, 0, "commit new is deployed and passed", id="good"),
        pytest.param((), ("new",), True, 1, "Back at commit old, which passed", id="smoke fails"),
        pytest.param(("/new/",), (), True, 1, "Back at commit old, which passed", id="deployment fails"),
        pytest.param((), ("new",), False, 3, "There is no earlier assembly to go back to", id="nothing to go back to"),
        pytest.param((), ("new", "old"), True, 3, "The way back to commit old failed too", id="both fail"),
        pytest.param(("/new/", "/old/"), (), True, 3, "The way back to commit old failed too", id="neither deploys"),
    ],
)
def test_a_deployment_ends(
    broken: tuple[str, ...],
    smoke_fails: tuple[str, ...],
    with_previous: bool,
    ends: int,
    said: str,
    assemblies: tuple[Assembly, Assembly],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def smoke(assembly: Assembly, project: Project) -> None:
        if assembly.commit in smoke_fails:
            raise DeliveryError("`falconry smoke` failed")

    monkeypatch.setattr(deploy, "smoke", smoke)
    new, previous = assemblies
    project = FakeProject(broken=broken)

    assert deploy.deploy(new, previous if with_previous else None, None, project) == ends

    assert said in capsys.readouterr().out
    # Each stack after those it needs, and never the one that says who may deploy.
    assert all("deploy falconry-dev-network falconry-dev-api --app" in call for call in project.calls)
    assert not [call for call in project.calls if "falconry-dev-delivery" in call]


def test_change_sets_are_executed_in_order_and_a_stack_without_a_change_is_left_alone(
    assemblies: tuple[Assembly, Assembly], tmp_path: Path
) -> None:
    new, _ = assemblies
    states: dict[str, State] = {
        "falconry-dev-network": "unchanged",
        "falconry-dev-api": "prepared",
        "later": "afterwards",
    }
    save(tmp_path / "prepared" / "states.json", states)
    project = FakeProject()

    execute(new, states, project)

    assert [call.split()[1] for call in project.calls] == ["falconry-dev-api", "later"]
    assert "--method=execute-change-set --change-set-name falconry-new" in project.calls[0]
    assert "--method" not in project.calls[1]


def test_a_change_set_that_cannot_be_made_stops_where_nothing_is_to_come(assemblies: tuple[Assembly, Assembly]) -> None:
    with pytest.raises(DeliveryError, match="`cdk deploy` failed"):
        prepare(assemblies[0], FakeProject(broken=("falconry-dev-network",)))


def test_a_stack_that_needs_what_another_will_make_is_deployed_after_it(
    assemblies: tuple[Assembly, Assembly], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("delivery.change_sets._changes", lambda assembly, stack: iter([{"ResourceChange": {}}]))

    states, _ = prepare(assemblies[0], FakeProject(broken=("deploy falconry-dev-api",)))

    assert states == {"falconry-dev-network": "prepared", "falconry-dev-api": "afterwards"}
