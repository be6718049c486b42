"""Every metric of the dashboard and the alarms is one that something emits, and its source is deployed beside it."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from chat.errors import ErrorKind

from constructs_lib.api.chat_api import STAGE_NAME

from .conftest import ROOT, Deployment, Template, config_file
from .emitted_metrics import emitted
from .matrix import MATRIX, SMALL
from .policies import resolved
from .watched_metrics import dashboard, expressions, ids, watched

CONFIGS = {name: MATRIX[name].first for name in ("six-models", "operations", "iam", "clients", "jwt")}
CONFIGS["zero"] = SMALL + "    scaling: {mode: scale_to_zero, max_instances: 2}\n"
CONFIGS["falcon-180b"] = (ROOT / "config" / "falcon-180b.yaml").read_text(encoding="utf-8")

FUNCTIONS_OF_METRIC_MATH = {"FILL", "IF", "PERIOD", "SUM"}


@pytest.fixture(scope="module", params=CONFIGS)
def deployment(
    request: pytest.FixtureRequest,
    synthesize: Callable[[Path], Deployment],
    tmp_path_factory: pytest.TempPathFactory,
) -> Deployment:
    name = request.param
    return synthesize(config_file(tmp_path_factory.mktemp("config"), CONFIGS[name], name))


def sources(deployment: Deployment) -> dict[str, set[str]]:
    """The values that each dimension can have, by what the other stacks deploy."""
    functions = {
        function["Properties"]["FunctionName"]: function["Properties"]
        for function in deployment.api.resources("AWS::Lambda::Function")
    }
    (front,) = (one for name, one in functions.items() if name.endswith("-chat"))
    variables = resolved(front["Environment"]["Variables"])
    variants = [
        variant
        for config in deployment.models.resources("AWS::SageMaker::EndpointConfig")
        for variant in config["Properties"]["ProductionVariants"]
    ]
    acls = [acl["Properties"] for acl in deployment.api.resources("AWS::WAFv2::WebACL")]
    return {
        "EndpointName": {
            one["Properties"]["EndpointName"] for one in deployment.models.resources("AWS::SageMaker::Endpoint")
        },
        "VariantName": {variant["VariantName"] for variant in variants},
        "InferenceComponentName": {
            one["Properties"]["InferenceComponentName"]
            for one in deployment.models.resources("AWS::SageMaker::InferenceComponent")
        },
        "FunctionName": set(functions),
        "ApiName": {deployment.api.only("AWS::ApiGateway::RestApi")["Name"]},
        "Stage": {STAGE_NAME} & {deployment.api.only("AWS::ApiGateway::Stage")["StageName"]},
        "WebACL": {acl["VisibilityConfig"]["MetricName"] for acl in acls},
        "Rule": {"ALL"},
        "Region": {"us-east-1"},
        "Deployment": {variables["FALCONRY_DEPLOYMENT"]},
        "Model": {model["name"] for model in json.loads(variables["FALCONRY_MODELS"])},
        "Client": set(json.loads(variables.get("FALCONRY_CLIENTS", "{}")).values()),
        "ErrorCode": {kind.code for kind in ErrorKind},
    }


def test_every_metric_is_emitted_with_these_dimensions(deployment: Deployment) -> None:
    known = emitted()

    found = watched(deployment)

    assert len(found) > 40
    assert [f"{one.where}: {one.metric}" for one in found if one.metric not in known] == []


def test_and_by_something_that_is_deployed(deployment: Deployment) -> None:
    known = sources(deployment)

    strangers = [
        f"{one.where}: {name} {value}"
        for one in watched(deployment)
        for name, value in one.dimensions.items()
        if value is not None and value not in known[name]
    ]

    assert strangers == []


def test_every_alarm_that_rolls_back_or_wakes_is_among_them(deployment: Deployment) -> None:
    in_models = deployment.models.resources("AWS::CloudWatch::Alarm")

    described = {f"alarm {alarm['Properties']['AlarmDescription']}" for alarm in in_models}

    assert len(described) == len(in_models) >= 3
    assert described <= {one.where for one in watched(deployment)}


@pytest.mark.parametrize(
    ("kind", "says"),
    [
        ("AWS::CloudWatch::Dashboard", "Invocation4XXErrors"),
        ("AWS::CloudWatch::Alarm", "DiskUtilization"),
        ("AWS::CloudWatch::Alarm", "Invocation5XXErrors"),
        ("AWS::CloudWatch::Alarm", "NoCapacityInvocationFailures"),
    ],
)
def test_a_metric_that_nothing_emits_would_be_found(
    synthesize: Callable[[Path], Deployment], tmp_path: Path, kind: str, says: str
) -> None:
    # GIVEN a deployment in which one metric's name is wrong, wherever a widget or an alarm has it
    right = synthesize(config_file(tmp_path, CONFIGS["zero"], "zero"))
    assert any(one.metric.name == says for one in watched(right))
    wrong = Deployment(
        right.network, *(misspelt(one, kind, says) for one in (right.models, right.api, right.operations))
    )

    # WHEN the metrics are looked up
    found = [one.metric.name for one in watched(wrong) if one.metric not in emitted()]

    # THEN that one is told, and no other
    assert set(found) == {f"{says}Wrong"}


def misspelt(template: Template, kind: str, name: str) -> Template:
    resources = {
        key: json.loads(json.dumps(one).replace(name, f"{name}Wrong")) if one["Type"] == kind else one
        for key, one in template.body["Resources"].items()
    }
    return Template({**template.body, "Resources": resources})


def test_an_axis_says_the_unit_of_what_is_drawn(deployment: Deployment) -> None:
    known = emitted()

    wrong = [
        f"{one.where}: {one.metric.name} is in {known[one.metric]}, not {one.label}"
        for one in watched(deployment)
        # SageMaker's counts have no unit.
        if one.label not in (None, known[one.metric]) and (one.label, known[one.metric]) != ("Count", "None")
    ]

    # The number of samples is a count, whatever was measured.
    assert [line for line in wrong if "'Reporting instances'" not in line] == []


def test_every_formula_refers_to_metrics_of_its_own_widget(deployment: Deployment) -> None:
    for widget in dashboard(deployment.operations):
        lines = widget["properties"].get("metrics", [])
        for formula in expressions(lines):
            if "SEARCH" not in formula:
                words = set(re.findall(r"[A-Za-z_]\w*", formula))
                assert words - FUNCTIONS_OF_METRIC_MATH <= ids(lines), (widget["properties"]["title"], formula)


def test_every_alarm_compares_one_value_made_of_its_own_metrics(deployment: Deployment) -> None:
    for alarm in deployment.operations.resources("AWS::CloudWatch::Alarm"):
        # An alarm on one metric as it is has no list.
        queries = alarm["Properties"].get("Metrics", [{"Id": "metric", "ReturnData": True}])
        returned = [query for query in queries if query["ReturnData"]]
        words = set(re.findall(r"[A-Za-z_]\w*", returned[0].get("Expression", "")))

        assert len(returned) == 1
        assert words - FUNCTIONS_OF_METRIC_MATH == {query["Id"] for query in queries if not query["ReturnData"]}


def test_widgets_lie_side_by_side_within_the_dashboard(deployment: Deployment) -> None:
    taken: set[tuple[int, int]] = set()
    for widget in dashboard(deployment.operations):
        cells = {
            (x, y)
            for x in range(widget["x"], widget["x"] + widget["width"])
            for y in range(widget["y"], widget["y"] + widget["height"])
        }
        assert max(x for x, _ in cells) < 24
        assert not cells & taken
        taken |= cells
