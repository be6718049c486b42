"""Change sets: what a deployment would do, computed by CloudFormation, and then executed exactly so.

CloudFormation refuses a change set once its stack has changed otherwise, so what was reviewed is what is executed.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Literal

from botocore.exceptions import BotoCoreError, ClientError

from falconry.delivery.aws import cloudformation
from falconry.delivery.bundle import Bundle
from falconry.delivery.errors import DeliveryError
from falconry.delivery.projects import Project

State = Literal["prepared", "unchanged", "afterwards"]
"""State of a stack: it has a change set; nothing changes; its changes depend on those of other stacks."""

Change = Mapping[str, Any]


def name_of(bundle: Bundle) -> str:
    """The change sets' name: one for each commit."""
    return f"falconry-{bundle.commit[:12]}"


def prepare(bundle: Bundle, project: Project) -> tuple[dict[str, State], dict[str, list[Change]]]:
    """Make a change set for each stack; the stacks' states and their changes.

    Raises:
        DeliveryError: one cannot be made, and no stack that it needs changes either.
    """
    states: dict[str, State] = {}
    changes: dict[str, list[Change]] = {}
    for stack in bundle.stacks:
        try:
            project.cdk(*_deploy(bundle, stack), "--method=prepare-change-set", *_named(bundle))
        except DeliveryError:
            if all(states[needed] == "unchanged" for needed in bundle.needs(stack)):
                raise
            states[stack] = "afterwards"
            continue
        changes[stack] = list(_changes(bundle, stack))
        states[stack] = "prepared" if changes[stack] else "unchanged"
    return states, changes


def execute(bundle: Bundle, states: Mapping[str, State], project: Project) -> None:
    """Execute the change sets, in order. Raises DeliveryError where one fails; CloudFormation rolls its stack back."""
    for stack, state in states.items():
        if state == "prepared":
            project.cdk(*_deploy(bundle, stack), "--method=execute-change-set", *_named(bundle))
        elif state == "afterwards":
            project.cdk(*_deploy(bundle, stack))


def changes_page(states: Mapping[str, State], changes: Mapping[str, list[Change]]) -> str:
    """What the change sets would do, in Markdown: replaced and removed resources first."""
    parts = ["## Change sets"]
    for stack, state in states.items():
        if state == "prepared":
            rows = sorted((_row(change) for change in changes[stack]), key=lambda row: (row[0], row[1:]))
            table = ["| | resource | type |", "|---|---|---|"]
            table += [f"| {action} | `{name}` | {kind} |" for _, action, name, kind in rows]
            parts.append(f"### {stack}\n\n" + "\n".join(table))
        elif state == "unchanged":
            parts.append(f"### {stack}\n\nNothing changes.")
        else:
            parts.append(
                f"### {stack}\n\nDepends on changes of the stacks above: it is deployed after them, without a change "
                "set. The pull request's review shows its changes."
            )
    return "\n\n".join(parts)


def save_states(file: Path, states: Mapping[str, State]) -> None:
    """Write the states for the job that executes the change sets."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text(json.dumps(states, indent=2) + "\n", encoding="utf-8")


def load_states(file: Path) -> dict[str, State]:
    """Read what `save_states` wrote."""
    states: dict[str, State] = json.loads(file.read_text(encoding="utf-8"))
    return states


_ORDER = ("Replace", "Remove", "Replace?", "Modify", "Add")


def _row(change: Change) -> tuple[int, str, str, str]:
    """Place in the table, action, logical id, type."""
    details = change["ResourceChange"]
    action = str(details["Action"])
    if action == "Modify":
        action = {"True": "Replace", "Conditional": "Replace?"}.get(str(details.get("Replacement")), action)
    place = _ORDER.index(action) if action in _ORDER else 0
    return place, action, str(details["LogicalResourceId"]), str(details["ResourceType"])


def _deploy(bundle: Bundle, stack: str) -> list[str]:
    return ["deploy", stack, "--exclusively", "--app", str(bundle.cdk_out), "--require-approval", "never"]


def _named(bundle: Bundle) -> list[str]:
    return ["--change-set-name", name_of(bundle)]


def _changes(bundle: Bundle, stack: str) -> Iterator[Change]:
    client = cloudformation(bundle)
    which = {"StackName": stack, "ChangeSetName": name_of(bundle)}
    try:
        # A change set without a change is one that failed; the CDK leaves it there.
        described = client.describe_change_set(**which)
        if described["Status"] == "FAILED":
            client.delete_change_set(**which)
            return
        yield from described["Changes"]
        while token := described.get("NextToken"):
            described = client.describe_change_set(**which, NextToken=token)
            yield from described["Changes"]
    except ClientError as error:
        if error.response["Error"]["Code"] not in ("ChangeSetNotFound", "ChangeSetNotFoundException"):
            raise DeliveryError(f"the change set of {stack} cannot be read: {error}") from None
    except BotoCoreError as error:
        raise DeliveryError(f"the change set of {stack} cannot be read: {error}") from None
