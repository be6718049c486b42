"""The REST API and its functions: all that the data plane reads back, and updates that keep ids, keys and URLs."""

import io
import json
import urllib.request
import zipfile
from typing import Any

import pytest
from local_aws_testing.control_plane import (
    REGION,
    ControlPlane,
    DeployedStack,
    get_att,
    resource,
    role,
    template,
    vpc_resources,
)

BUCKET = "assets"
STREAMING = (
    "arn:aws:apigateway:${AWS::Region}:lambda:path/2021-11-15/functions/${Front.Arn}/response-streaming-invocations"
)
AUTHORIZING = "arn:aws:apigateway:${AWS::Region}:lambda:path/2015-03-31/functions/${Guard.Arn}/invocations"
ERROR_BODY = '{"error":{"message":$context.error.messageString,"code":"invalid_api_key"}}'


def bundle(text: str) -> bytes:
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as archive:
        archive.writestr("chat/handler.py", text)
    return content.getvalue()


@pytest.fixture(scope="module", autouse=True)
def bundles(plane: ControlPlane) -> None:
    s3 = plane.client("s3")
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration={"LocationConstraint": REGION})
    for name in ("one", "two"):
        s3.put_object(Bucket=BUCKET, Key=f"{name}.zip", Body=bundle(name))


def api(code: str = "one", rate: float = 10.5, models: str = "[]", version: str = "A") -> dict[str, Any]:
    """A stack like the project's: two functions, streaming methods behind a REQUEST authorizer, a key with a plan."""
    function = {
        "Runtime": "python3.13",
        "Architectures": ["arm64"],
        "Role": get_att("Role", "Arn"),
        "Code": {"S3Bucket": BUCKET, "S3Key": f"{code}.zip"},
        "LoggingConfig": {"LogGroup": {"Ref": "Logs"}, "LogFormat": "JSON"},
        "KmsKeyArn": get_att("Key", "Arn"),
        "TracingConfig": {"Mode": "Active"},
    }
    front = function | {
        "Handler": "chat.handler.handler",
        "Timeout": 900,
        "MemorySize": 512,
        "ReservedConcurrentExecutions": 20,
        "Environment": {"Variables": {"FALCONRY_MODELS": models}},
        "VpcConfig": {"SubnetIds": [{"Ref": "Subnet"}], "SecurityGroupIds": [get_att("Group", "GroupId")]},
    }
    method = {
        "RestApiId": {"Ref": "Api"},
        "ResourceId": {"Ref": "Models"},
        "HttpMethod": "POST",
        "AuthorizationType": "CUSTOM",
        "AuthorizerId": {"Ref": "Authorizer"},
        "ApiKeyRequired": True,
        "RequestParameters": {"method.request.path.model": True},
        "Integration": {
            "Type": "AWS_PROXY",
            "IntegrationHttpMethod": "POST",
            "Uri": {"Fn::Sub": STREAMING},
            "ResponseTransferMode": "STREAM",
            "TimeoutInMillis": 900000,
        },
    }
    stage = {
        "RestApiId": {"Ref": "Api"},
        "StageName": "live",
        "DeploymentId": {"Ref": f"Deployment{version}"},
        "TracingEnabled": True,
        "AccessLogSetting": {"DestinationArn": get_att("Logs", "Arn"), "Format": '{"id":"$context.requestId"}'},
        "MethodSettings": [
            {
                "ResourcePath": "/*",
                "HttpMethod": "*",
                "LoggingLevel": "ERROR",
                "MetricsEnabled": True,
                "ThrottlingRateLimit": rate,
                "ThrottlingBurstLimit": 5,
            }
        ],
    }
    of_api = {"RestApiId": {"Ref": "Api"}}
    return template(
        vpc_resources()
        | {
            "Role": role("lambda.amazonaws.com"),
            "Key": resource("AWS::KMS::Key", {"Description": "functions"}),
            "Logs": resource("AWS::Logs::LogGroup", {"KmsKeyId": get_att("Key", "Arn"), "RetentionInDays": 30}),
            "Front": resource("AWS::Lambda::Function", front),
            "Guard": resource("AWS::Lambda::Function", function | {"Handler": "authorizer.handler.handler"}),
            "Invoke": resource(
                "AWS::Lambda::Permission",
                {
                    "FunctionName": get_att("Front", "Arn"),
                    "Action": "lambda:InvokeFunction",
                    "Principal": "apigateway.amazonaws.com",
                },
            ),
            "Api": resource(
                "AWS::ApiGateway::RestApi",
                {
                    "Name": "falconry",
                    "ApiKeySourceType": "AUTHORIZER",
                    "EndpointConfiguration": {"Types": ["REGIONAL"]},
                    "BinaryMediaTypes": ["image/png"],
                },
            ),
            "Models": resource(
                "AWS::ApiGateway::Resource",
                of_api | {"ParentId": get_att("Api", "RootResourceId"), "PathPart": "{model}"},
            ),
            "Authorizer": resource(
                "AWS::ApiGateway::Authorizer",
                of_api
                | {
                    "Name": "bearer",
                    "Type": "REQUEST",
                    "AuthorizerUri": {"Fn::Sub": AUTHORIZING},
                    "AuthorizerResultTtlInSeconds": 0,
                },
            ),
            "Post": resource("AWS::ApiGateway::Method", method),
            f"Deployment{version}": resource("AWS::ApiGateway::Deployment", of_api, DependsOn=["Post"]),
            "Stage": resource("AWS::ApiGateway::Stage", stage),
            "Denied": resource(
                "AWS::ApiGateway::GatewayResponse",
                of_api
                | {
                    "ResponseType": "INVALID_API_KEY",
                    "StatusCode": 401,
                    "ResponseParameters": {"gatewayresponse.header.x-request-id": "context.requestId"},
                    "ResponseTemplates": {"application/json": ERROR_BODY},
                },
            ),
            "ApiKey": resource("AWS::ApiGateway::ApiKey", {"Enabled": True, "Description": "default client"}),
            "Plan": resource(
                "AWS::ApiGateway::UsagePlan",
                {
                    "ApiStages": [{"ApiId": {"Ref": "Api"}, "Stage": {"Ref": "Stage"}}],
                    "Throttle": {"RateLimit": rate, "BurstLimit": 5},
                    "Quota": {"Limit": 1000, "Period": "DAY"},
                },
            ),
            "PlanKey": resource(
                "AWS::ApiGateway::UsagePlanKey",
                {"KeyId": {"Ref": "ApiKey"}, "KeyType": "API_KEY", "UsagePlanId": {"Ref": "Plan"}},
            ),
        }
    )


@pytest.fixture(scope="module")
def deployed(plane: ControlPlane, bundles: None) -> DeployedStack:
    stack = plane.deploy(api())
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    return stack


def code_of(plane: ControlPlane, function: str, **request: str) -> str:
    location = plane.client("lambda").get_function(FunctionName=function, **request)["Code"]["Location"]
    with urllib.request.urlopen(location) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
        return archive.read("chat/handler.py").decode()


def test_the_front_function_is_read_back_with_its_code(plane: ControlPlane, deployed: DeployedStack) -> None:
    name = deployed.physical_id("Front")
    function = plane.client("lambda").get_function(FunctionName=name)
    configuration = function["Configuration"]
    assert (configuration["Runtime"], configuration["Architectures"]) == ("python3.13", ["arm64"])
    assert (configuration["Handler"], configuration["Timeout"]) == ("chat.handler.handler", 900)
    assert configuration["Environment"]["Variables"] == {"FALCONRY_MODELS": "[]"}
    assert configuration["VpcConfig"]["VpcId"] == deployed.physical_id("Vpc")
    assert configuration["LoggingConfig"] == {"LogGroup": deployed.physical_id("Logs"), "LogFormat": "JSON"}
    assert configuration["KMSKeyArn"].endswith(deployed.physical_id("Key"))
    assert configuration["TracingConfig"] == {"Mode": "Active"}
    assert function["Concurrency"] == {"ReservedConcurrentExecutions": 20}
    assert code_of(plane, name) == "one"


def test_methods_authorizer_and_responses_are_read_back(plane: ControlPlane, deployed: DeployedStack) -> None:
    gateway, api_id = plane.client("apigateway"), deployed.physical_id("Api")
    rest_api = gateway.get_rest_api(restApiId=api_id)
    assert (rest_api["apiKeySource"], rest_api["endpointConfiguration"]["types"]) == ("AUTHORIZER", ["REGIONAL"])
    assert rest_api["binaryMediaTypes"] == ["image/png"]
    method = gateway.get_method(restApiId=api_id, resourceId=deployed.physical_id("Models"), httpMethod="POST")
    assert method["apiKeyRequired"] is True
    assert method["authorizerId"] == deployed.physical_id("Authorizer")
    assert method["requestParameters"] == {"method.request.path.model": True}
    integration = method["methodIntegration"]
    assert integration["uri"].endswith("/response-streaming-invocations")
    assert (integration["responseTransferMode"], integration["timeoutInMillis"]) == ("STREAM", 900000)
    (authorizer,) = gateway.get_authorizers(restApiId=api_id)["items"]
    assert (authorizer["type"], authorizer["authorizerResultTtlInSeconds"]) == ("REQUEST", 0)
    response = gateway.get_gateway_response(restApiId=api_id, responseType="INVALID_API_KEY")
    assert response["statusCode"] == "401"
    assert response["responseTemplates"] == {"application/json": ERROR_BODY}
    assert response["responseParameters"] == {"gatewayresponse.header.x-request-id": "context.requestId"}


def test_stage_key_and_plan_are_read_back(plane: ControlPlane, deployed: DeployedStack) -> None:
    gateway = plane.client("apigateway")
    stage = gateway.get_stage(restApiId=deployed.physical_id("Api"), stageName="live")
    assert stage["tracingEnabled"] is True
    assert json.loads(stage["accessLogSettings"]["format"]) == {"id": "$context.requestId"}
    assert stage["methodSettings"]["*/*"]["loggingLevel"] == "ERROR"
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 10.5
    key = gateway.get_api_key(apiKey=deployed.physical_id("ApiKey"), includeValue=True)
    assert key["enabled"] is True
    assert len(key["value"]) >= 20
    plan = gateway.get_usage_plan(usagePlanId=deployed.physical_id("Plan"))
    assert plan["throttle"] == {"rateLimit": 10.5, "burstLimit": 5}
    assert plan["quota"]["limit"] == 1000
    assert plan["apiStages"] == [{"apiId": deployed.physical_id("Api"), "stage": "live"}]
    (plan_key,) = gateway.get_usage_plan_keys(usagePlanId=plan["id"])["items"]
    assert plan_key["id"] == key["id"]


def test_an_update_changes_code_environment_and_limits_and_keeps_every_id(plane: ControlPlane) -> None:
    gateway = plane.client("apigateway")
    stack = plane.deploy(api(), "api-updated")
    kept = {name: stack.physical_id(name) for name in ("Front", "Api", "Stage", "ApiKey", "Plan", "Post")}
    key = gateway.get_api_key(apiKey=kept["ApiKey"], includeValue=True)["value"]
    old_deployment = gateway.get_stage(restApiId=kept["Api"], stageName="live")["deploymentId"]
    # WHEN code, environment, limits and the deployment change
    stack = stack.update(api(code="two", rate=20, models='["falcon"]', version="B"))
    # THEN everything is in place, with the same ids, key and URL
    assert stack.status == "UPDATE_COMPLETE", stack.reasons()
    assert {name: stack.physical_id(name) for name in kept} == kept
    configuration = plane.client("lambda").get_function_configuration(FunctionName=kept["Front"])
    assert configuration["Environment"]["Variables"] == {"FALCONRY_MODELS": '["falcon"]'}
    assert code_of(plane, kept["Front"]) == "two"
    assert gateway.get_usage_plan(usagePlanId=kept["Plan"])["throttle"]["rateLimit"] == 20
    assert len(gateway.get_usage_plan_keys(usagePlanId=kept["Plan"])["items"]) == 1
    assert gateway.get_api_key(apiKey=kept["ApiKey"], includeValue=True)["value"] == key
    stage = gateway.get_stage(restApiId=kept["Api"], stageName="live")
    assert stage["deploymentId"] != old_deployment
    assert stage["methodSettings"]["*/*"]["throttlingRateLimit"] == 20
    deployments = gateway.get_deployments(restApiId=kept["Api"])["items"]
    assert [item["id"] for item in deployments] == [stage["deploymentId"]]
    stack.delete()
    remaining = [item["id"] for item in gateway.get_rest_apis()["items"]]
    assert kept["Api"] not in remaining
    assert kept["ApiKey"] not in [item["id"] for item in gateway.get_api_keys()["items"]]
    functions = plane.client("lambda").list_functions()["Functions"]
    assert kept["Front"] not in [function["FunctionName"] for function in functions]


def test_an_api_from_an_openapi_document_gets_its_routes(plane: ControlPlane) -> None:
    backend = {"type": "mock", "requestTemplates": {"application/json": '{"statusCode": 200}'}}
    operation = {
        "responses": {"200": {"description": "the models"}},
        "x-amazon-apigateway-integration": backend,
    }
    body = {
        "openapi": "3.0.1",
        "info": {"title": "described", "version": "1"},
        "paths": {"/v1/models": {"get": operation}},
    }
    stack = plane.deploy(template({"Api": resource("AWS::ApiGateway::RestApi", {"Body": body})}))
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    gateway, api_id = plane.client("apigateway"), stack.physical_id("Api")
    assert gateway.get_rest_api(restApiId=api_id)["name"] == "described"
    assert "/v1/models" in [item["path"] for item in gateway.get_resources(restApiId=api_id)["items"]]


def test_the_smaller_parts_of_an_api_are_deployed(plane: ControlPlane) -> None:
    of_api = {"RestApiId": {"Ref": "Api"}}

    stack = plane.deploy(
        template(
            {
                "Role": role("apigateway.amazonaws.com"),
                "Account": resource("AWS::ApiGateway::Account", {"CloudWatchRoleArn": get_att("Role", "Arn")}),
                "Api": resource("AWS::ApiGateway::RestApi", {"Name": "parts"}),
                "Post": resource(
                    "AWS::ApiGateway::Method",
                    of_api
                    | {
                        "ResourceId": get_att("Api", "RootResourceId"),
                        "HttpMethod": "POST",
                        "AuthorizationType": "NONE",
                        "MethodResponses": [{"StatusCode": "200"}],
                        "Integration": {
                            "Type": "MOCK",
                            "RequestTemplates": {"application/json": '{"statusCode":200}'},
                            "IntegrationResponses": [{"StatusCode": "200", "ResponseTemplates": {"text/plain": "ok"}}],
                        },
                    },
                ),
                "Deployment": resource("AWS::ApiGateway::Deployment", of_api, DependsOn=["Post"]),
                "Stage": resource(
                    "AWS::ApiGateway::Stage", of_api | {"StageName": "v", "DeploymentId": {"Ref": "Deployment"}}
                ),
                "Domain": resource(
                    "AWS::ApiGateway::DomainName",
                    {
                        "DomainName": "falcon.example.com",
                        "RegionalCertificateArn": "arn:aws:acm:eu-central-1:123456789012:certificate/1",
                        "EndpointConfiguration": {"Types": ["REGIONAL"]},
                    },
                ),
                "Mapping": resource(
                    "AWS::ApiGateway::BasePathMapping",
                    of_api | {"DomainName": {"Ref": "Domain"}, "Stage": {"Ref": "Stage"}},
                ),
            }
        )
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    gateway, api_id = plane.client("apigateway"), stack.physical_id("Api")
    root = gateway.get_resources(restApiId=api_id)["items"][0]["id"]
    method = gateway.get_method(restApiId=api_id, resourceId=root, httpMethod="POST")
    assert method["methodIntegration"]["integrationResponses"]["200"]["responseTemplates"] == {"text/plain": "ok"}
    (mapping,) = gateway.get_base_path_mappings(domainName="falcon.example.com")["items"]
    assert mapping["restApiId"] == api_id
    assert gateway.get_account()["cloudwatchRoleArn"].startswith("arn:aws:iam:")
    stack.delete()


def test_an_inline_function_can_be_fetched(plane: ControlPlane) -> None:
    function = {
        "Runtime": "python3.13",
        "Handler": "index.handler",
        "Role": get_att("Role", "Arn"),
        "Code": {"ZipFile": "def handler(event, context): ..."},
    }
    stack = plane.deploy(
        template(
            {
                "Role": role("lambda.amazonaws.com"),
                "Function": resource("AWS::Lambda::Function", function),
            }
        )
    )
    assert stack.status == "CREATE_COMPLETE", stack.reasons()
    answer = plane.client("lambda").get_function(FunctionName=stack.physical_id("Function"))
    with urllib.request.urlopen(answer["Code"]["Location"]) as content:
        assert zipfile.ZipFile(io.BytesIO(content.read())).namelist() == ["index.py"]
    stack.delete()
