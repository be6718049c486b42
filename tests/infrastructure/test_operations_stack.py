"""Who is told what: one page for an outage, a notice for what can wait, a budget where one is set."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from chat.errors import ErrorKind

from constructs_lib.observability.deployment_alarms import OVERLOADED, UNAVAILABLE

from .conftest import Deployment, Template, config_file
from .matrix import MATRIX
from .policies import ACCOUNT, listed, resolved

PAGING = {"front-errors", "model-unavailable", "api-errors"}
PAGING_OF_A_MODEL = {"endpoint-errors", "endpoint-silent"}


@pytest.fixture(scope="module")
def configured(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Template:
    text = MATRIX["operations"].first
    return synthesize(config_file(tmp_path_factory.mktemp("config"), text, "operations")).operations


def alarms(template: Template) -> dict[str, Mapping[str, Any]]:
    """Alarms by the part of their names after the deployment's."""
    return {
        alarm["Properties"]["AlarmName"].split("-", 2)[2].removeprefix("180b-"): alarm["Properties"]
        for alarm in template.resources("AWS::CloudWatch::Alarm")
    }


def topics(template: Template, actions: Any) -> list[str]:
    """The names of topics that an alarm tells."""
    return [
        template.body["Resources"][reference]["Properties"]["TopicName"].rpartition("-")[2]
        for reference in resolved(actions)
    ]


def test_what_affects_callers_pages_once_and_the_rest_is_a_notice(falcon_180b: Deployment) -> None:
    template = falcon_180b.operations
    found = alarms(template)
    page = template.only("AWS::CloudWatch::CompositeAlarm")
    paging = PAGING | {f"{kind}-falcon-180b-chat" for kind in PAGING_OF_A_MODEL}

    rule = resolved(page["AlarmRule"])
    members = [template.body["Resources"][name]["Properties"]["AlarmName"] for name in re.findall(r'"(\w+)"', rule)]
    assert set(members) == {found[name]["AlarmName"] for name in paging}
    assert re.fullmatch(r'ALARM\("\w+"\)( OR ALARM\("\w+"\))*', rule)
    assert topics(template, page["AlarmActions"]) == topics(template, page["OKActions"]) == ["page"]
    assert {name for name, alarm in found.items() if not alarm.get("AlarmActions")} == paging
    assert {topic for name in found.keys() - paging for topic in topics(template, found[name]["AlarmActions"])} == {
        "notice"
    }


def test_silence_is_an_alarm_only_for_what_always_speaks(falcon_180b: Deployment) -> None:
    missing = {name: alarm["TreatMissingData"] for name, alarm in alarms(falcon_180b.operations).items()}

    assert {name for name, treated in missing.items() if treated == "breaching"} == {"endpoint-silent-falcon-180b-chat"}
    assert set(missing.values()) == {"breaching", "notBreaching"}


def test_thresholds_are_those_of_the_settings(configured: Template) -> None:
    model = "falcon-7b-instruct"

    assert {name: alarm["Threshold"] for name, alarm in alarms(configured).items()} == {
        "front-errors": 2,
        "api-errors": 2,
        f"endpoint-errors-{model}": 2,
        "model-unavailable": 3,
        "overload": 5,
        "audit-failures": 1,
        "front-crashes": 1,
        "throttled": 1,
        "front-concurrency": 128 * 0.9,
        "blocked-requests": 50,
        f"endpoint-silent-{model}": 1,
        f"slow-first-token-{model}": 10_000,
        f"disk-{model}": 80,
        f"gpu-memory-{model}": 99,
    }


def test_error_codes_are_the_fronts() -> None:
    assert {*UNAVAILABLE, OVERLOADED} <= {kind.code for kind in ErrorKind}


@pytest.mark.parametrize(("severity", "emails"), [("page", 1), ("notice", 2)])
def test_a_topic_is_encrypted_and_takes_tls_and_this_accounts_alarms_only(
    configured: Template, severity: str, emails: int
) -> None:
    (topic,) = (
        name
        for name, one in configured.body["Resources"].items()
        if one["Type"] == "AWS::SNS::Topic" and one["Properties"]["TopicName"].endswith(severity)
    )
    (policy,) = (
        resolved(one["Properties"])["PolicyDocument"]["Statement"]
        for one in configured.resources("AWS::SNS::TopicPolicy")
        if resolved(one["Properties"])["Topics"] == [topic]
    )
    mails = [
        one["Properties"]["Endpoint"]
        for one in configured.resources("AWS::SNS::Subscription")
        if resolved(one["Properties"]["TopicArn"]) == topic
    ]

    assert configured.body["Resources"][topic]["Properties"]["KmsMasterKeyId"]
    assert any(one["Effect"] == "Deny" and one["Condition"]["Bool"]["aws:SecureTransport"] == "false" for one in policy)
    allowed = [one for one in policy if one["Effect"] == "Allow"]
    assert {one["Condition"]["StringEquals"]["aws:SourceAccount"] for one in allowed} == {ACCOUNT}
    services = {one["Principal"]["Service"] for one in allowed}
    assert services == {"cloudwatch.amazonaws.com", *(["budgets.amazonaws.com"] if severity == "notice" else [])}
    assert len(mails) == emails


def test_whoever_publishes_may_use_the_topics_key(configured: Template) -> None:
    statements = resolved(configured.only("AWS::KMS::Key")["KeyPolicy"])["Statement"]
    allowed = {
        statement["Principal"]["Service"]: set(listed(statement["Action"]))
        for statement in statements
        if statement.get("Sid", "").startswith("For")
    }

    assert allowed == {
        "cloudwatch.amazonaws.com": {"kms:Decrypt", "kms:GenerateDataKey*"},
        "budgets.amazonaws.com": {"kms:Decrypt", "kms:GenerateDataKey*"},
    }


def test_the_budget_counts_this_deployment_and_looks_ahead(configured: Template) -> None:
    budget = configured.only("AWS::Budgets::Budget")
    notices = [one["Notification"] for one in budget["NotificationsWithSubscribers"]]

    assert budget["Budget"]["BudgetLimit"] == {"Amount": 1500, "Unit": "USD"}
    assert budget["Budget"]["CostFilters"] == {"TagKeyValue": ["user:falconry:deployment$operations"]}
    assert [(one["NotificationType"], one["Threshold"]) for one in notices] == [
        ("ACTUAL", 80),
        ("ACTUAL", 100),
        ("FORECASTED", 100),
    ]


def test_there_is_no_budget_and_no_mail_unless_asked_for(falcon_180b: Deployment) -> None:
    assert falcon_180b.operations.resources("AWS::Budgets::Budget") == []
    assert falcon_180b.operations.resources("AWS::SNS::Subscription") == []


def test_the_stack_refers_to_no_other(falcon_180b: Deployment) -> None:
    text = str(falcon_180b.operations.body)

    assert "Fn::ImportValue" not in text
    assert "Fn::GetStackOutput" not in text


def test_every_log_group_expires(configured: Template, falcon_180b: Deployment) -> None:
    for template in (falcon_180b.network, falcon_180b.models, falcon_180b.api, falcon_180b.operations):
        for group in template.resources("AWS::Logs::LogGroup"):
            assert group["Properties"]["RetentionInDays"] == 90
            assert "KmsKeyId" in group["Properties"]
