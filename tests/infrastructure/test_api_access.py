"""Who may call the API in each mode, from where, and how much of it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from constructs_lib.api.access_policy import access_policy
from constructs_lib.api.routes import ROUTES
from falconry.catalog.capacity import MAXIMUM_RESERVED_CONCURRENCY, Capacity

from .conftest import Deployment, Template, config_file

Synthesize = Callable[..., Template]

ROLE = "arn:aws:iam::111122223333:role/app"
IAM = f"auth: iam\n  iam: {{principals: ['{ROLE}']}}"
JWT = "auth: jwt\n  jwt: {issuer: https://id.example.com, audience: [falcon]}"
ORIGINS = "cors_origins: [https://a.example.com, https://b.example.com]"
PRIVATE = "access: private\n  vpc_endpoint_ids: [vpce-0123456789abcdef0]"


@pytest.fixture(scope="module")
def api(synthesize: Callable[[Path], Deployment], tmp_path_factory: pytest.TempPathFactory) -> Synthesize:
    """The API's template for the lines of the section `api`."""
    known: dict[str, Template] = {}

    def run(*lines: str) -> Template:
        text = "region: us-east-1\nmodels:\n  - {name: falcon-7b-instruct, instance_count: 2}\n"
        text += "".join(f"  {line}\n" for line in ("api:", *lines))[2:] if lines else ""
        if text not in known:
            folder = tmp_path_factory.mktemp("config")
            known[text] = synthesize(config_file(folder, text)).api
        return known[text]

    return run


def methods(template: Template, *, preflight: bool = False) -> list[dict[str, Any]]:
    found = [method["Properties"] for method in template.resources("AWS::ApiGateway::Method")]
    return [dict(method) for method in found if (method["HttpMethod"] == "OPTIONS") is preflight]


def front(template: Template) -> dict[str, Any]:
    (found,) = [
        function["Properties"]
        for function in template.resources("AWS::Lambda::Function")
        if function["Properties"]["Handler"] == "chat.host.handler.handler"
    ]
    return dict(found)


@pytest.mark.parametrize(
    ("lines", "kind", "key"),
    [((), "CUSTOM", True), ((IAM,), "AWS_IAM", False), ((JWT,), "CUSTOM", False), ((IAM, PRIVATE), "AWS_IAM", False)],
)
def test_no_route_is_open_and_every_one_streams(api: Synthesize, lines: tuple[str, ...], kind: str, key: bool) -> None:
    found = methods(api(*lines))

    assert len(found) == len(ROUTES)
    for method in found:
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == (kind, key)
        assert method["Integration"]["ResponseTransferMode"] == "STREAM"
        assert ("AuthorizerId" in method) == (kind == "CUSTOM")


def test_overload_is_shed_at_the_door(api: Synthesize) -> None:
    template = api()

    assert front(template)["ReservedConcurrentExecutions"] == 256
    (settings,) = template.only("AWS::ApiGateway::Stage")["MethodSettings"]
    assert (settings["ThrottlingBurstLimit"], settings["ThrottlingRateLimit"]) == (256, 4.27)
    assert template.only("AWS::ApiGateway::UsagePlan")["Throttle"] == {"BurstLimit": 256, "RateLimit": 4.27}


def test_capacity_ends_where_an_accounts_quota_does() -> None:
    assert Capacity.of_instances([128] * 100).requests_at_once == MAXIMUM_RESERVED_CONCURRENCY == 900
    assert Capacity.of_instances([128, 4]).requests_per_second == 2.2


def test_a_clients_own_limits_stand(api: Synthesize) -> None:
    template = api("clients: [{name: app, rate_per_second: 3, burst: 5}]")

    assert template.only("AWS::ApiGateway::UsagePlan")["Throttle"] == {"BurstLimit": 5, "RateLimit": 3}


def test_the_front_knows_clients_by_name_and_no_key(api: Synthesize) -> None:
    names = front(api("clients: [{name: app}, {name: batch}]"))["Environment"]["Variables"]["FALCONRY_CLIENTS"]

    parts = names["Fn::Join"][1]
    assert len([part for part in parts if isinstance(part, dict) and "Ref" in part]) == 2
    assert '":"app"' in "".join(part for part in parts if isinstance(part, str))


def test_the_access_log_has_times_and_clients_and_no_prompt(api: Synthesize) -> None:
    template = api()
    setting = template.only("AWS::ApiGateway::Stage")["AccessLogSetting"]
    line = json.loads(setting["Format"])

    assert line["time_to_first_content_ms"] == "$context.integration.timeToFirstContent"
    assert line["request_id"] == "$context.requestId"
    assert line["api_key_id"] == "$context.identity.apiKeyId"
    assert not {"$context.identity.apiKey", "$context.path"} & set(line.values())
    for group in template.resources("AWS::Logs::LogGroup"):
        assert group["Properties"]["KmsKeyId"]
        assert group["Properties"]["RetentionInDays"] == 90


def test_the_accounts_role_outlives_the_stack(api: Synthesize) -> None:
    template = api()

    (account,) = template.resources("AWS::ApiGateway::Account")
    (role,) = [
        role
        for role in template.resources("AWS::IAM::Role")
        if "apigateway.amazonaws.com" in json.dumps(role["Properties"]["AssumeRolePolicyDocument"])
    ]
    assert account["DeletionPolicy"] == role["DeletionPolicy"] == "Retain"


def test_without_origins_there_is_no_cors(api: Synthesize) -> None:
    template = api()

    assert methods(template, preflight=True) == []
    assert "Access-Control" not in json.dumps(template.body)
    assert "FALCONRY_CORS_ORIGINS" not in front(template)["Environment"]["Variables"]


@pytest.mark.parametrize("auth", [(), (IAM,), (JWT,)])
def test_browsers_may_ask_without_credentials(api: Synthesize, auth: tuple[str, ...]) -> None:
    template = api(ORIGINS, *auth)
    preflights = methods(template, preflight=True)

    assert len(preflights) == len({path for _, path in ROUTES})
    for method in preflights:
        assert (method["AuthorizationType"], method["ApiKeyRequired"]) == ("NONE", False)
        assert method["Integration"]["Type"] == "MOCK"
        (response,) = method["Integration"]["IntegrationResponses"]
        assert '$origin == "https://b.example.com"' in response["ResponseTemplates"]["application/json"]
    for response in template.resources("AWS::ApiGateway::GatewayResponse"):
        parameters = response["Properties"]["ResponseParameters"]
        assert parameters["gatewayresponse.header.Access-Control-Allow-Origin"]
    assert json.loads(front(template)["Environment"]["Variables"]["FALCONRY_CORS_ORIGINS"]) == [
        "https://a.example.com",
        "https://b.example.com",
    ]


def test_prompts_are_not_judged_by_the_web_acl(api: Synthesize) -> None:
    acl = api().only("AWS::WAFv2::WebACL")
    rate, *groups = sorted(acl["Rules"], key=lambda rule: int(rule["Priority"]))

    assert rate["Action"] == {"Block": {}}
    assert rate["Statement"]["RateBasedStatement"]["Limit"] == 2000
    assert [group["OverrideAction"] for group in groups] == [{"None": {}}] * 3
    counted = {
        rule["Name"]
        for group in groups
        for rule in group["Statement"]["ManagedRuleGroupStatement"].get("RuleActionOverrides", [])
        if rule["ActionToUse"] == {"Count": {}}
    }
    assert counted >= {
        "SizeRestrictions_BODY",
        "CrossSiteScripting_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "EC2MetaDataSSRF_BODY",
        "Log4JRCE_BODY",
    }
    redacted = api().only("AWS::WAFv2::LoggingConfiguration")["RedactedFields"]
    assert {"SingleHeader": {"Name": "authorization"}} in redacted


def test_the_web_acl_can_be_left_out(api: Synthesize) -> None:
    assert not api("web_acl: {enabled: false}").resources("AWS::WAFv2::WebACL")


def test_a_private_api_takes_calls_through_its_endpoints_only(api: Synthesize) -> None:
    properties = api(PRIVATE).only("AWS::ApiGateway::RestApi")

    assert properties["EndpointConfiguration"] == {"Types": ["PRIVATE"], "VpcEndpointIds": ["vpce-0123456789abcdef0"]}
    denied = [statement for statement in properties["Policy"]["Statement"] if statement["Effect"] == "Deny"]
    assert denied == [
        {
            "Sid": "NotFromElsewhere",
            "Effect": "Deny",
            "Principal": "*",
            "Action": "execute-api:Invoke",
            "Resource": "execute-api:/*",
            "Condition": {"StringNotEquals": {"aws:SourceVpce": ["vpce-0123456789abcdef0"]}},
        }
    ]


def test_signed_calls_are_for_the_named_principals(api: Synthesize) -> None:
    allow, deny = api(IAM).only("AWS::ApiGateway::RestApi")["Policy"]["Statement"]

    assert allow["Principal"] == {"AWS": ROLE}
    assert deny["Condition"] == {"ArnNotEquals": {"aws:PrincipalArn": [ROLE]}}


def test_an_account_as_principal_means_everybody_in_it() -> None:
    policy = access_policy(principals=["arn:aws:iam::111122223333:root", ROLE.replace("1111", "9999")])

    assert policy is not None
    assert '"StringNotEquals": {"aws:PrincipalAccount": ["111122223333"]}' in json.dumps(policy)
    assert access_policy() is None


def test_tokens_are_checked_by_the_authorizer_and_remembered(api: Synthesize) -> None:
    template = api(JWT)
    authorizer = template.only("AWS::ApiGateway::Authorizer")

    assert authorizer["Type"] == "TOKEN"
    assert authorizer["AuthorizerResultTtlInSeconds"] == 300
    assert authorizer["IdentitySource"] == "method.request.header.Authorization"
    assert not template.resources("AWS::ApiGateway::ApiKey")


@pytest.mark.parametrize(
    ("lines", "response_type", "status", "code"),
    [
        ((), "UNAUTHORIZED", "401", "missing_api_key"),
        ((), "MISSING_AUTHENTICATION_TOKEN", "404", "unknown_route"),
        ((JWT,), "UNAUTHORIZED", "401", "invalid_token"),
        ((IAM,), "MISSING_AUTHENTICATION_TOKEN", "403", "missing_signature"),
    ],
)
def test_a_refusal_speaks_of_what_this_apis_callers_bring(
    api: Synthesize, lines: tuple[str, ...], response_type: str, status: str, code: str
) -> None:
    responses = [response["Properties"] for response in api(*lines).resources("AWS::ApiGateway::GatewayResponse")]
    (found,) = [response for response in responses if response["ResponseType"] == response_type]

    assert found["StatusCode"] == status
    assert json.loads(found["ResponseTemplates"]["application/json"])["error"]["code"] == code


def test_a_custom_domain_has_modern_tls(api: Synthesize) -> None:
    template = api("domain: {name: f.example.com, certificate_arn: 'arn:aws:acm:us-east-1:111122223333:certificate/a'}")

    assert template.only("AWS::ApiGateway::DomainName")["SecurityPolicy"] == "TLS_1_2"
    assert template.only("AWS::ApiGateway::BasePathMapping")["Stage"]
    assert template.body["Outputs"]["BaseUrl"]["Value"] == "https://f.example.com/v1"
