"""The workflows' commands: comment, way back, assemblies, change sets' page."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from falconry.delivery import comment, previous
from falconry.delivery.bundle import Bundle, pack, unpack
from falconry.delivery.change_sets import Change, State, changes_page
from falconry.delivery.errors import DeliveryError
from falconry.delivery.github import Github
from falconry.delivery.template_diff import template_diff
from falconry.review import markdown
from tests.github_support import REPOSITORY, TOKEN, GithubStandIn, github


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> Iterator[GithubStandIn]:
    with github() as served:
        for name, value in {**served.environment, "GITHUB_TOKEN": TOKEN}.items():
            monkeypatch.setenv(name, value)
        monkeypatch.delenv("GITHUB_OUTPUT", raising=False)
        monkeypatch.delenv("GITHUB_STEP_SUMMARY", raising=False)
        yield served


# The comment


def test_the_comment_is_written_once_and_then_anew_in_its_place(stand_in: GithubStandIn) -> None:
    first = comment.publish(Github(), 7, f"{comment.MARKER}\nSomething changes.")
    second = comment.publish(Github(), 7, f"{comment.MARKER}\nNothing changes.")

    assert first == second
    assert [one["body"] for one in stand_in.comments] == [f"{comment.MARKER}\nNothing changes."]


def test_it_is_found_behind_a_hundred_others_and_a_person_who_quotes_it_is_left_alone(stand_in: GithubStandIn) -> None:
    quoted = f"{comment.MARKER}\nI would not merge this."
    stand_in.add_comment(quoted, "User")
    for number in range(120):
        stand_in.add_comment(f"Discussion {number}", "User")
    stand_in.add_comment(f"{comment.MARKER}\nOld.")

    comment.publish(Github(), 7, f"{comment.MARKER}\nNew.")

    assert stand_in.comments[0]["body"] == quoted
    assert stand_in.comments[-1]["body"] == f"{comment.MARKER}\nNew."
    assert len(stand_in.comments) == 122


def test_what_is_no_review_is_not_written(stand_in: GithubStandIn) -> None:
    with pytest.raises(DeliveryError, match="no review"):
        comment.publish(Github(), 7, "Traceback")

    assert stand_in.comments == []
    assert comment.MARKER == markdown.MARKER


def test_what_github_refuses_is_said(stand_in: GithubStandIn, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_TOKEN", "another")

    with pytest.raises(DeliveryError, match=r"GitHub answered 401 to GET /issues/7/comments.*Bad credentials"):
        comment.publish(Github(), 7, f"{comment.MARKER}\nText.")


def test_a_missing_variable_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("GITHUB_API_URL", "GITHUB_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("GITHUB_REPOSITORY", REPOSITORY)

    with pytest.raises(DeliveryError, match="GITHUB_API_URL, GITHUB_TOKEN not set"):
        Github()


# The way back


def run_of(stand_in: GithubStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> str:
    monkeypatch.setattr("sys.argv", ["previous", "--config", "dev", "--branch", "main"])
    assert previous.main() == 0
    return capsys.readouterr().out.splitlines()[-1]


def test_the_newest_deployment_of_the_config_is_the_way_back(
    stand_in: GithubStandIn, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    for run in (3, 5, 4):
        stand_in.add_artifact("deployed-dev", run)
    stand_in.add_artifact("deployed-falcon-180b", 9)

    assert run_of(stand_in, monkeypatch, capsys) == "run=5"


@pytest.mark.parametrize(
    "changes",
    [
        pytest.param({"expired": True}, id="expired"),
        pytest.param({"head_branch": "topic"}, id="of a pull request"),
        pytest.param({"head_repository_id": 666}, id="of the branch main of a fork"),
    ],
)
def test_an_artifact_is_no_way_back_if_it_is(
    changes: dict[str, object],
    stand_in: GithubStandIn,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    stand_in.add_artifact("deployed-dev", 8, **changes)

    assert run_of(stand_in, monkeypatch, capsys) == "run="

    stand_in.add_artifact("deployed-dev", 2)
    assert run_of(stand_in, monkeypatch, capsys) == "run=2"


# Assemblies


def test_what_is_executable_stays_so_and_the_bytes_are_the_same(tmp_path: Path) -> None:
    folder = tmp_path / "folder"
    (folder / "asset").mkdir(parents=True)
    (folder / "asset" / "bootstrap").write_text("#!/bin/sh\n")
    (folder / "asset" / "bootstrap").chmod(0o755)
    (folder / "manifest.json").write_text("{}")

    for name in ("first", "second"):
        pack(folder, tmp_path / f"{name}.tar")
    unpack(tmp_path / "first.tar", tmp_path / "unpacked")

    assert (tmp_path / "first.tar").read_bytes() == (tmp_path / "second.tar").read_bytes()
    assert (tmp_path / "unpacked" / "asset" / "bootstrap").stat().st_mode & 0o777 == 0o755
    assert (tmp_path / "unpacked" / "manifest.json").stat().st_mode & 0o777 == 0o644


@pytest.mark.parametrize("name", ["../outside", "/tmp/outside", "a/../../outside"])  # noqa: S108 (nothing is written)
def test_an_archive_cannot_write_outside(name: str, tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        member = tarfile.TarInfo(name)
        member.size = 1
        archive.addfile(member, io.BytesIO(b"x"))

    with pytest.raises(DeliveryError, match="is not a plain file below the folder"):
        Bundle.open("bad", tmp_path / "bad.tar")


def test_nor_through_a_link(tmp_path: Path) -> None:
    with tarfile.open(tmp_path / "bad.tar", "w") as archive:
        member = tarfile.TarInfo("link")
        member.type, member.linkname = tarfile.SYMTYPE, "/etc"
        archive.addfile(member)

    with pytest.raises(DeliveryError, match="'link' is not a plain file"):
        Bundle.open("bad", tmp_path / "bad.tar")


def test_an_assembly_that_is_none_is_refused(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "dev.yaml").write_text("")
    pack(tmp_path / "folder", tmp_path / "dev.tar")

    with pytest.raises(DeliveryError, match=r"is not the assembly of dev: manifest\.json is missing"):
        Bundle.open("dev", tmp_path / "dev.tar")
    with pytest.raises(DeliveryError, match=r"`python -m falconry.delivery\.assemblies` makes one"):
        Bundle.open("dev", tmp_path / "absent.tar")


# Review and change sets


def test_an_order_is_no_change(tmp_path: Path) -> None:
    for name, text in (("base", '{"A": 1, "B": 2}'), ("head", '{"B": 2, "A": 1}'), ("other", '{"A": 1, "B": 3}')):
        (tmp_path / name).mkdir()
        (tmp_path / name / "stack.template.json").write_text(text)

    assert template_diff(tmp_path / "base", tmp_path / "head") == ""
    assert '- "B": 2' in template_diff(tmp_path / "base", None)
    assert '+ "B": 3' in template_diff(tmp_path / "base", tmp_path / "other")


def test_the_worst_of_a_change_set_comes_first() -> None:
    def change(action: str, name: str, replacement: str | None = None) -> dict[str, object]:
        details = {"Action": action, "LogicalResourceId": name, "ResourceType": "AWS::S3::Bucket"}
        return {"ResourceChange": {**details, **({"Replacement": replacement} if replacement else {})}}

    states: dict[str, State] = {"network": "unchanged", "api": "prepared", "models": "afterwards"}
    changes: list[Change] = [change("Add", "New"), change("Modify", "Same", "False"), change("Remove", "Old")]
    changes += [change("Modify", "Perhaps", "Conditional"), change("Modify", "Other", "True")]

    page = changes_page(states, {"api": changes})

    rows = [line.split("|")[1].strip() for line in page.splitlines() if line.startswith("| ") and "`" in line]
    assert rows == ["Replace", "Remove", "Replace?", "Modify", "Add"]
    assert "### network\n\nNothing changes." in page
    assert "### models\n\nDepends on changes of the stacks above" in page
