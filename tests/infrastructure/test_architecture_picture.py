"""The architecture's picture says what the templates say, and something else when they change."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from falconry.assembly.cloud_assembly import CloudAssembly, Stack
from falconry.names import DeploymentNames
from tools.pictures import graph
from tools.pictures.architecture import picture
from tools.pictures.boxes import Box, Picture
from tools.pictures.resource_graph import ResourceGraph

from .conftest import Deployment

Templates = dict[str, dict[str, Any]]
Draw = Callable[..., Picture]


@pytest.fixture
def draw(falcon_180b: Deployment) -> Draw:
    """The default config's picture, after a change to its templates by stack."""

    def drawn(change: Callable[[Templates], object] = lambda _: None) -> Picture:
        templates: Templates = {
            stack: copy.deepcopy(dict(getattr(falcon_180b, stack).body))
            for stack in ("network", "models", "api", "operations")
        }
        change(templates)
        names = [DeploymentNames("falcon-180b").stack(stack) for stack in templates]
        stacks = [Stack.of_template(name, body) for name, body in zip(names, templates.values(), strict=True)]
        return picture(ResourceGraph(CloudAssembly({stack.name: stack for stack in stacks})))

    return drawn


def box(drawn: Picture, title: str, detail: str = "") -> Box:
    (found,) = [one for one in drawn.boxes if one.title == title and (not detail or detail in one.details)]
    return found


def path(drawn: Picture) -> list[tuple[str, str]]:
    """The solid arrows, by titles."""
    titles = {one.key: one.title for one in drawn.boxes}
    return [(titles[arrow.source], titles[arrow.target]) for arrow in drawn.arrows if not arrow.dotted]


def of_type(templates: Templates, stack: str, type_: str) -> list[dict[str, Any]]:
    return [one for one in templates[stack]["Resources"].values() if one["Type"] == type_]


def without(templates: Templates, stack: str, part: str) -> None:
    """Take the resources out whose type has this part."""
    resources = templates[stack]["Resources"]
    for name in [name for name, one in resources.items() if part in one["Type"]]:
        del resources[name]


def test_a_request_goes_from_the_client_to_the_model(draw: Draw) -> None:
    drawn = draw()

    assert set(path(drawn)) == {
        ("Client", "AWS WAF"),
        ("AWS WAF", "API Gateway"),
        ("API Gateway", "Lambda: authorizer"),
        ("API Gateway", "Lambda: front"),
        ("Lambda: front", "VPC endpoint"),
        ("VPC endpoint", "SageMaker endpoint"),
    }
    assert drawn.vpc == "VPC: 2 isolated subnets in 2 zones, no internet gateway, no NAT"
    assert {one.title for one in drawn.boxes if one.in_vpc} == {"Lambda: front", "VPC endpoint", "SageMaker endpoint"}


def test_every_box_stands_in_the_stack_that_makes_it(draw: Draw) -> None:
    stacks = {one.title: one.stack for one in draw().boxes}

    assert stacks["API Gateway"] == stacks["Lambda: front"] == "api"
    assert stacks["SageMaker endpoint"] == "models"
    assert stacks["VPC endpoint"] == stacks["S3: artifacts"] == "network"
    assert stacks["CloudWatch"] == "operations"
    assert stacks["Client"] == stacks["S3: JumpStart's bucket"] == ""


def test_without_a_web_acl_the_client_meets_api_gateway(draw: Draw) -> None:
    drawn = draw(lambda templates: without(templates, "api", "WAFv2"))

    assert ("Client", "API Gateway") in path(drawn)
    assert "AWS WAF" not in {one.title for one in drawn.boxes}


def test_what_leaves_the_vpc_is_drawn_outside(draw: Draw) -> None:
    def change(templates: Templates) -> None:
        for function in of_type(templates, "api", "AWS::Lambda::Function"):
            function["Properties"].pop("VpcConfig", None)

    drawn = draw(change)

    assert not box(drawn, "Lambda: front").in_vpc
    assert ("Lambda: front", "VPC endpoint") not in path(drawn)


def test_a_way_out_shows(draw: Draw) -> None:
    def change(templates: Templates) -> None:
        templates["network"]["Resources"]["Door"] = {"Type": "AWS::EC2::InternetGateway"}

    assert draw(change).vpc.endswith("ways out: 1")


def test_isolation_that_is_given_up_is_not_claimed(draw: Draw) -> None:
    def change(templates: Templates) -> None:
        (model,) = of_type(templates, "models", "AWS::SageMaker::Model")
        model["Properties"]["EnableNetworkIsolation"] = False

    assert "network isolation" in box(draw(), "SageMaker endpoint").details
    assert "network isolation" not in box(draw(change), "SageMaker endpoint").details


def test_the_graph_names_every_box_and_arrow(draw: Draw) -> None:
    drawn = draw()
    text = graph.dot(drawn)

    assert [one.title for one in drawn.boxes if f'"{one.key}" [label=' not in text] == []
    assert [one for one in drawn.arrows if f'"{one.source}" -> "{one.target}"' not in text] == []
