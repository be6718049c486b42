"""The playground in the templates: there when it is wanted, open, and without any right or way to a model."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.api.routes import ROUTES
from falconry import settings
from falconry.assembly.cloud_assembly import read
from falconry.catalog import INSTANCE_TYPES
from tests.synthesis import config_file, synthesize_file

SMALL = "region: us-east-1\nmodels: [{name: falcon-7b-instruct}, {name: falcon-40b}]\n"
PRIVATE = "  access: private\n  vpc_endpoint_ids: [vpce-0123456789abcdef0]\n"
JWT = "  auth: jwt\n  jwt: {issuer: https://id.example.com, audience: [falcon]}\n"

Assembly = tuple[dict[str, Any], Path]


@pytest.fixture(scope="module")
def synthesized(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Assembly]:
    """The API's template for a config, and the folder of its assembly."""
    known: dict[str, Assembly] = {}

    def run(text: str) -> Assembly:
        if text not in known:
            folder = tmp_path_factory.mktemp("playground")
            output = synthesize_file(config_file(folder, text), folder / "out")
            known[text] = dict(read(output).stacks["falconry-test-api"].template), output
        return known[text]

    return run


def of_type(template: Mapping[str, Any], kind: str) -> list[dict[str, Any]]:
    return [one["Properties"] for one in template["Resources"].values() if one["Type"] == kind]


def page_function(template: Mapping[str, Any]) -> dict[str, Any]:
    (found,) = [
        one for one in of_type(template, "AWS::Lambda::Function") if one["Handler"] == "static_page.handler.handler"
    ]
    return found


def page_folder(assembly: Assembly) -> Path:
    template, folder = assembly
    key = page_function(template)["Code"]["S3Key"]
    return folder / f"asset.{key.removesuffix('.zip')}"


def test_there_is_none_unless_it_is_asked_for(synthesized: Callable[[str], Assembly]) -> None:
    template, _ = synthesized(SMALL)

    assert "playground" not in json.dumps(template)
    assert {one["AuthorizationType"] for one in of_type(template, "AWS::ApiGateway::Method")} == {"CUSTOM"}


@pytest.mark.parametrize("lines", ["", JWT, PRIVATE])
def test_its_route_is_open_and_no_other(synthesized: Callable[[str], Assembly], lines: str) -> None:
    template, _ = synthesized(SMALL + "api:\n  playground: true\n" + lines)
    methods = of_type(template, "AWS::ApiGateway::Method")
    opened = [one for one in methods if one["AuthorizationType"] == "NONE"]

    assert len(methods) == len(ROUTES) + 1
    (page,) = opened
    assert (page["HttpMethod"], page["ApiKeyRequired"]) == ("GET", False)
    # Bytes as they are, so that the page can go compressed.
    assert page["Integration"]["ResponseTransferMode"] == "STREAM"


def test_a_private_apis_page_is_reached_as_the_api_is(synthesized: Callable[[str], Assembly]) -> None:
    template, _ = synthesized(SMALL + "api:\n  playground: true\n" + PRIVATE)
    (api,) = of_type(template, "AWS::ApiGateway::RestApi")
    (denied,) = [one for one in api["Policy"]["Statement"] if one["Effect"] == "Deny"]

    assert denied["Resource"] == "execute-api:/*"
    assert denied["Condition"] == {"StringNotEquals": {"aws:SourceVpce": ["vpce-0123456789abcdef0"]}}


def test_a_flood_of_pages_leaves_the_models_their_share(synthesized: Callable[[str], Assembly]) -> None:
    template, _ = synthesized(SMALL + "api: {playground: true}\n")
    (stage,) = of_type(template, "AWS::ApiGateway::Stage")
    throttles = {one["ResourcePath"]: one for one in stage["MethodSettings"]}

    assert set(throttles) == {"/*", "/~1playground"}
    assert throttles["/~1playground"]["HttpMethod"] == "GET"
    assert (throttles["/~1playground"]["ThrottlingRateLimit"], throttles["/~1playground"]["ThrottlingBurstLimit"]) == (
        10,
        20,
    )


def test_its_function_knows_no_model_and_is_in_no_network(synthesized: Callable[[str], Assembly]) -> None:
    assembly = synthesized(SMALL + "api: {playground: true}\n")
    function = page_function(assembly[0])

    assert "VpcConfig" not in function
    assert set(function["Environment"]["Variables"]) == {"AWS_LAMBDA_EXEC_WRAPPER"}
    files = {str(path.relative_to(page_folder(assembly))) for path in page_folder(assembly).rglob("*.*")}
    assert {"static_page/document.html", "static_page/headers.json", "static_page/handler.py"} <= files
    assert not [name for name in files if name.startswith("chat/") or name.endswith(".pyc")]
    # Lambda starts it as a program.
    assert (page_folder(assembly) / "streaming_runtime" / "bootstrap").stat().st_mode & 0o111


def test_the_front_has_none_of_the_page_in_it(synthesized: Callable[[str], Assembly]) -> None:
    keys = []
    for text in (SMALL, SMALL + "api: {playground: true}\n"):
        template, _ = synthesized(text)
        (front,) = [
            one for one in of_type(template, "AWS::Lambda::Function") if one["Handler"] == "chat.host.handler.handler"
        ]
        keys.append((front["Code"]["S3Key"], front["Environment"]))

    assert keys[0] == keys[1]


def test_the_page_knows_the_models_and_their_prices(synthesized: Callable[[str], Assembly]) -> None:
    html = (page_folder(synthesized(SMALL + "api: {playground: true}\n")) / "static_page" / "document.html").read_text(
        encoding="utf-8"
    )
    (embedded,) = re.findall(r'<script type="application/json" id="facts">(.*?)</script>', html, re.DOTALL)
    facts = json.loads(embedded)

    assert (facts["deployment"], facts["credentials"]) == ("test", "api_key")
    assert [(one["name"], one["chat"], one["usd_per_hour"]) for one in facts["models"]] == [
        ("falcon-7b-instruct", True, INSTANCE_TYPES["ml.g5.2xlarge"].usd_per_hour),
        ("falcon-40b", False, INSTANCE_TYPES["ml.g5.48xlarge"].usd_per_hour),
    ]
    assert all(one["usd_per_hour"] for one in facts["models"])
    assert len(facts["samples"]) == 13
    assert facts["samples"][0]["parameters"]["max_tokens"] == 768


def test_tokens_are_asked_for_where_callers_bring_tokens(synthesized: Callable[[str], Assembly]) -> None:
    folder = page_folder(synthesized(SMALL + "api:\n  playground: true\n" + JWT))

    assert '"credentials":"token"' in (folder / "static_page" / "document.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("lines", "address"),
    [
        ("", None),
        (
            '  domain: {name: f.example.com, certificate_arn: "arn:aws:acm:us-east-1:111122223333:certificate/a"}\n',
            "https://f.example.com/playground",
        ),
    ],
)
def test_the_stack_says_where_it_is(synthesized: Callable[[str], Assembly], lines: str, address: str | None) -> None:
    value = synthesized(SMALL + "api:\n  playground: true\n" + lines)[0]["Outputs"]["PlaygroundUrl"]["Value"]

    if address is None:
        # The stage is part of the path: nothing on the page may begin with a slash.
        parts = value["Fn::Join"][1]
        value = "".join(part if isinstance(part, str) else "*" for part in parts)
        address = "https://*.execute-api.us-east-1.*/*/playground"
    assert value == address


def test_the_same_config_gives_the_same_page(synthesized: Callable[[str], Assembly], tmp_path: Path) -> None:
    text = SMALL + "api: {playground: true}\n"
    again = read(synthesize_file(config_file(tmp_path, text), tmp_path / "out")).stacks["falconry-test-api"].template

    assert again == synthesized(text)[0]


def test_the_emulated_aws_has_it_unless_the_file_says_no(tmp_path: Path) -> None:
    def playground(lines: str) -> bool | None:
        return settings.emulated(settings.load(config_file(tmp_path, SMALL + lines))).api.playground

    assert playground("") is True
    assert playground("api:\n" + JWT) is True
    assert playground("api: {playground: false}\n") is False
    # A browser cannot sign.
    assert playground("api:\n  auth: iam\n  iam: {principals: ['arn:aws:iam::111122223333:role/app']}\n") is None
