"""What callers meet: routes, keys, streaming, errors of API Gateway's own."""

from __future__ import annotations

import json
from typing import Any

from constructs_lib.api.routes import ROUTES
from falconry.catalog import MODELS

from .conftest import Deployment


def test_every_route_streams_for_fifteen_minutes_and_needs_a_key(falcon_180b: Deployment) -> None:
    methods = [method["Properties"] for method in falcon_180b.api.resources("AWS::ApiGateway::Method")]

    assert len(methods) == len(ROUTES)
    for method in methods:
        assert method["Integration"]["ResponseTransferMode"] == "STREAM"
        assert method["Integration"]["TimeoutInMillis"] == 900_000
        assert method["ApiKeyRequired"] is True
        assert method["AuthorizationType"] == "CUSTOM"


def test_the_api_is_regional_and_takes_its_key_from_the_authorizer(falcon_180b: Deployment) -> None:
    api = falcon_180b.api.only("AWS::ApiGateway::RestApi")

    assert api["EndpointConfiguration"] == {"Types": ["REGIONAL"]}
    assert api["ApiKeySourceType"] == "AUTHORIZER"


def test_errors_of_api_gateway_are_shaped_like_openais(falcon_180b: Deployment) -> None:
    responses = falcon_180b.api.resources("AWS::ApiGateway::GatewayResponse")

    statuses = {}
    for response in responses:
        template = response["Properties"]["ResponseTemplates"]["application/json"]
        error = json.loads(template.replace("$context.error.messageString", '"words"'))["error"]
        assert set(error) == {"message", "type", "param", "code"}
        assert response["Properties"]["ResponseParameters"]["gatewayresponse.header.x-request-id"]
        statuses[response["Properties"]["ResponseType"]] = response["Properties"].get("StatusCode")
    assert statuses["UNAUTHORIZED"] == "401"
    assert statuses["INVALID_API_KEY"] == "401"
    assert statuses["MISSING_AUTHENTICATION_TOKEN"] == "404"
    assert statuses["THROTTLED"] == "429"


def test_the_front_may_invoke_its_endpoints_only(falcon_180b: Deployment) -> None:
    assert _resources_of("sagemaker:InvokeEndpoint", falcon_180b) == [
        {"Fn::Join": ["", ["arn:", {"Ref": "AWS::Partition"}, ":sagemaker:us-east-1:", {"Ref": "AWS::AccountId"},
                           ":endpoint/falconry-falcon-180b-falcon-180b-chat"]]}
    ]  # fmt: skip


def test_the_front_runs_in_the_vpc_with_response_streaming(falcon_180b: Deployment) -> None:
    (front,) = [
        function["Properties"]
        for function in falcon_180b.api.resources("AWS::Lambda::Function")
        if function["Properties"]["Handler"] == "chat.host.handler.handler"
    ]

    assert len(front["VpcConfig"]["SubnetIds"]) == 2
    assert front["Timeout"] == 900
    assert front["Architectures"] == ["arm64"]
    assert front["Environment"]["Variables"]["AWS_LAMBDA_EXEC_WRAPPER"] == "/var/task/streaming_runtime/bootstrap"
    assert front["KmsKeyArn"]


def test_the_front_knows_every_model_by_name(six_models: Deployment) -> None:
    (variables,) = [
        function["Properties"]["Environment"]["Variables"]
        for function in six_models.api.resources("AWS::Lambda::Function")
        if "Environment" in function["Properties"]
    ]
    models = {model["name"]: model for model in json.loads(variables["FALCONRY_MODELS"])}

    assert set(models) == set(MODELS)
    assert models["falcon-180b"]["template"] is None
    assert models["falcon-180b-chat"] == {
        "name": "falcon-180b-chat",
        "endpoint": "falconry-six-falcon-180b-chat",
        "inference_component": None,
        "container": "tgi",
        "container_version": "2.4.0",
        "template": "falcon-180b-chat",
        "max_total_tokens": 2048,
        "max_input_tokens": 1024,
        "max_stop_sequences": 8,
        "max_top_logprobs": 20,
        "neutralize": True,
    }
    # Lambda's limit for all variables together is 4 KiB.
    assert len(json.dumps(variables)) < 4096


def test_no_template_holds_a_key(falcon_180b: Deployment) -> None:
    assert "Value" not in falcon_180b.api.only("AWS::ApiGateway::ApiKey")
    outputs = falcon_180b.api.body["Outputs"]
    assert not [name for name in outputs if "key" in name.lower()]


def _resources_of(action: str, deployment: Deployment) -> list[Any]:
    return [
        statement["Resource"]
        for role in deployment.api.resources("AWS::IAM::Role")
        for policy in role["Properties"].get("Policies", [])
        for statement in policy["PolicyDocument"]["Statement"]
        if action in statement["Action"]
    ]
