"""What the review and a deployment end with: the exit codes that stop a merge or call a person."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from falconry.delivery import comment, deploy
from falconry.delivery.bundle import Bundle, pack
from falconry.delivery.change_sets import State, execute, prepare, save_states
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project
from falconry.delivery.review import review


def write_assembly(file: Path, commit: str, **resources: Mapping[str, object]) -> Path:
    """An assembly of two stacks and the one that is deployed by hand, the second needing the first."""
    folder = file.with_suffix(".folder")
    (folder / "cdk.out").mkdir(parents=True)
    role = "arn:${AWS::Partition}:iam::${AWS::AccountId}:role/cdk-hnb659fds-%s-role-${AWS::AccountId}-us-east-1"
    artifacts = {
        name: {
            "type": "aws:cloudformation:stack",
            "environment": "aws://unknown-account/us-east-1",
            "properties": {
                "templateFile": f"{name}.template.json",
                "assumeRoleArn": role % "deploy",
                "lookupRole": {"arn": role % "lookup"},
            },
            "dependencies": dependencies,
        }
        for name, dependencies in {
            "falconry-dev-api": ["falconry-dev-network", "falconry-dev-api.assets"],
            "falconry-dev-network": [],
            "falconry-dev-delivery": [],
        }.items()
    }
    (folder / "cdk.out" / "manifest.json").write_text(json.dumps({"artifacts": artifacts}))
    for name in artifacts:
        template = {"Resources": resources if name == "falconry-dev-api" else {}}
        (folder / "cdk.out" / f"{name}.template.json").write_text(json.dumps(template))
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

    def cdk(self, *arguments: str) -> str:
        call = " ".join(arguments)
        self.calls.append(call)
        if any(word in call for word in self.broken):
            raise DeliveryError(f"`cdk {arguments[0]}` failed")
        return ""


# Review


BUCKET = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "weights"}}
TOPIC = {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "pages"}}


@pytest.mark.parametrize(
    ("after", "allow", "ends"),
    [
        pytest.param({"Bucket": BUCKET, "Topic": TOPIC}, False, 0, id="harmless"),
        pytest.param({"Topic": TOPIC}, False, 2, id="danger"),
        pytest.param({"Topic": TOPIC}, True, 0, id="accepted"),
    ],
)
def test_the_review_ends_with_the_danger(
    after: Mapping[str, Mapping[str, object]], allow: bool, ends: int, tmp_path: Path
) -> None:
    write_assembly(tmp_path / "base" / "dev.tar", "a", Bucket=BUCKET)
    write_assembly(tmp_path / "head" / "dev.tar", "b", **after)

    assert review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=allow) == ends

    text = (tmp_path / "out" / "review.md").read_text()
    assert text.startswith(comment.MARKER)
    assert ("Dangers" in text) is ("Bucket" not in after)
    assert ("were allowed" in text) is allow
    assert '+    "TopicName": "pages"' in (tmp_path / "out" / "dev.diff").read_text()


def test_a_review_that_breaks_is_no_verdict(tmp_path: Path) -> None:
    write_assembly(tmp_path / "base" / "dev.tar", "a")
    broken = write_assembly(tmp_path / "head" / "dev.tar", "b").with_suffix(".folder")
    (broken / "cdk.out" / "falconry-dev-api.template.json").write_text("{")
    pack(broken, tmp_path / "head" / "dev.tar")
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "review.md").write_text("Of another day.")

    with pytest.raises(DeliveryError, match=r"`falconry review` failed \(1\)"):
        review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=False)


def test_a_config_that_cannot_be_synthesized_fails_the_review_and_says_why(tmp_path: Path) -> None:
    write_assembly(tmp_path / "base" / "dev.tar", "a")
    (tmp_path / "head").mkdir()
    (tmp_path / "head" / "dev.failed").write_text("config/dev.yaml:1: region: 'us-est-1' is not a region\n")

    assert review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=True) == 1

    assert "config/dev.yaml:1: region: 'us-est-1'" in (tmp_path / "out" / "review.md").read_text()


def test_a_config_that_goes_is_a_danger(tmp_path: Path) -> None:
    write_assembly(tmp_path / "base" / "old.tar", "a", Bucket=BUCKET)
    write_assembly(tmp_path / "head" / "new.tar", "b", Bucket=BUCKET)

    assert review(tmp_path / "base", tmp_path / "head", tmp_path / "out", allow_danger=False) == 2

    assert "These stacks are no longer in the app" in (tmp_path / "out" / "review.md").read_text()


# Deployment


@pytest.fixture
def assemblies(tmp_path: Path) -> tuple[Bundle, Bundle]:
    """The new one and the previous one."""
    new = write_assembly(tmp_path / "new" / "dev.tar", "new")
    return Bundle.open("dev", new), Bundle.open("dev", write_assembly(tmp_path / "old" / "dev.tar", "old"))


@pytest.mark.parametrize(
    ("broken", "smoke_fails", "with_previous", "ends", "said"),
    [
        pytest.param((), (), True, 0, "commit new is deployed and passed", id="good"),
        pytest.param((), ("new",), True, 1, "Rolled back to commit old, which passed", id="smoke fails"),
        pytest.param(("/new/",), (), True, 1, "Rolled back to commit old, which passed", id="deployment fails"),
        pytest.param((), ("new",), False, 3, "There is no earlier deployment to roll back to", id="no earlier one"),
        pytest.param((), ("new", "old"), True, 3, "The rollback to commit old failed too", id="both fail"),
        pytest.param(("/new/", "/old/"), (), True, 3, "The rollback to commit old failed too", id="neither deploys"),
    ],
)
def test_a_deployment_ends(
    broken: tuple[str, ...],
    smoke_fails: tuple[str, ...],
    with_previous: bool,
    ends: int,
    said: str,
    assemblies: tuple[Bundle, Bundle],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def smoke(bundle: Bundle, project: Project) -> None:
        if bundle.commit in smoke_fails:
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
    assemblies: tuple[Bundle, Bundle], tmp_path: Path
) -> None:
    new, _ = assemblies
    states: dict[str, State] = {
        "falconry-dev-network": "unchanged",
        "falconry-dev-api": "prepared",
        "later": "afterwards",
    }
    save_states(tmp_path / "prepared" / "states.json", states)
    project = FakeProject()

    execute(new, states, project)

    assert [call.split()[1] for call in project.calls] == ["falconry-dev-api", "later"]
    assert "--method=execute-change-set --change-set-name falconry-new" in project.calls[0]
    assert "--method" not in project.calls[1]


def test_a_change_set_that_cannot_be_made_stops_where_nothing_is_to_come(assemblies: tuple[Bundle, Bundle]) -> None:
    with pytest.raises(DeliveryError, match="`cdk deploy` failed"):
        prepare(assemblies[0], FakeProject(broken=("falconry-dev-network",)))


def test_a_stack_that_needs_what_another_will_make_is_deployed_after_it(
    assemblies: tuple[Bundle, Bundle], monkeypatch: pytest.MonkeyPatch
) -> None:
    changes = "falconry.delivery.change_sets._changes"
    monkeypatch.setattr(changes, lambda assembly, stack: iter([{"ResourceChange": {}}]))

    states, _ = prepare(assemblies[0], FakeProject(broken=("deploy falconry-dev-api",)))

    assert states == {"falconry-dev-network": "prepared", "falconry-dev-api": "afterwards"}
