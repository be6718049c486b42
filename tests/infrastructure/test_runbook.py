"""The runbook has a section for every alarm, an entry for every error code, and names log groups that are there."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import get_args

import pytest
from chat.errors import ErrorKind

from constructs_lib.api.gateway_responses import Credentials, gateway_errors

from .conftest import ROOT, Deployment, Template, config_file
from .matrix import MATRIX
from .policies import resolved

PAGE = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
URL = "https://example.com/runbook.md"


def sections() -> dict[str, str]:
    """Headings as a link names them, and what stands below each until the next."""
    parts = re.split(r"^#+ (.+)$", PAGE, flags=re.MULTILINE)[1:]
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in parts[::2]]
    assert len(anchors) == len(set(anchors)), "two headings share a link"
    return dict(zip(anchors, parts[1::2], strict=True))


@pytest.fixture(scope="module")
def everything(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Deployment:
    """A deployment with every alarm that there is."""
    return synthesize(config_file(tmp_path_factory.mktemp("config"), MATRIX["operations"].first, "operations"))


def alarms(template: Template) -> list[Mapping[str, str]]:
    kinds = ("AWS::CloudWatch::Alarm", "AWS::CloudWatch::CompositeAlarm")
    return [alarm["Properties"] for kind in kinds for alarm in template.resources(kind)]


def test_every_alarm_links_to_its_section(everything: Deployment) -> None:
    known = sections()
    links = {
        alarm["AlarmName"]: alarm["AlarmDescription"].rpartition(" Runbook: ")[2]
        for alarm in alarms(everything.operations)
    }

    assert [link for link in links.values() if not link.startswith(f"{URL}#")] == []
    assert [name for name, link in links.items() if link.partition("#")[2] not in known] == []


def test_and_every_section_on_alarms_has_one_and_says_what_to_do(everything: Deployment) -> None:
    linked = {alarm["AlarmDescription"].rpartition("#")[2] for alarm in alarms(everything.operations)}
    headings = re.findall(r"^### (.+)$", PAGE.partition("\n## Alarms\n")[2].partition("\n## ")[0], re.MULTILINE)

    assert set(headings) == linked
    for heading in headings:
        said = set(re.findall(r"\b(Meaning|Check|Action):", sections()[heading]))
        assert {"Meaning", "Check", "Action"} <= said, heading


def test_it_says_whether_an_alarm_wakes_somebody(everything: Deployment) -> None:
    known = sections()
    topics = {
        name: str(resolved(alarm.get("AlarmActions", "")))
        for alarm in alarms(everything.operations)
        for name in [alarm["AlarmName"]]
    }

    for alarm in alarms(everything.operations):
        kind = alarm["AlarmDescription"].rpartition("#")[2]
        if kind != "page":
            notices = "Notice" in topics[alarm["AlarmName"]]
            assert known[kind].strip().startswith("Severity: notice" if notices else "Severity: page"), kind


@pytest.mark.parametrize("kind", ErrorKind, ids=lambda kind: kind.code)
def test_every_error_of_the_front_has_an_entry(kind: ErrorKind) -> None:
    entry = sections()[kind.code]

    assert f"HTTP {kind.status}" in entry
    assert re.search(r"Check: .+Action: |Check and action: ", entry, re.DOTALL)


@pytest.mark.parametrize("credentials", get_args(Credentials))
def test_every_error_of_api_gateway_has_an_entry(credentials: Credentials) -> None:
    known = sections()

    for error in gateway_errors(credentials):
        entry = known[error.code or "null"]
        assert error.status is None or f"HTTP {error.status}" in entry, error.code


def test_every_link_within_it_leads_somewhere() -> None:
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= sections().keys()


def test_its_commands_name_log_groups_that_are_deployed(everything: Deployment) -> None:
    named = {
        name.replace("$NAME", "operations").replace("$ENDPOINT", "falconry-operations-falcon-7b-instruct")
        for name in re.findall(r"aws logs tail (\S+)", PAGE)
    }
    deployed = {
        group["Properties"]["LogGroupName"]
        for template in (everything.api, everything.models)
        for group in template.resources("AWS::Logs::LogGroup")
    }

    assert named == deployed
