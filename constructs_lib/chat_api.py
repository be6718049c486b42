"""The REST API in front of the front."""

from __future__ import annotations

from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from constructs_lib.acknowledgement import acknowledge
from constructs_lib.chat_function import TIMEOUT
from constructs_lib.gateway_responses import GATEWAY_ERRORS

STAGE_NAME = "live"

ROUTES = (
    ("POST", "/v1/chat/completions"),
    ("GET", "/v1/models"),
    ("GET", "/v1/models/{model}"),
    ("POST", "/models/{model}"),
)
"""Method and path of everything that the front answers."""


ACKNOWLEDGED = {
    "APIG1": "The front writes one line a request, with its id, model, status and times, and no prompt.",
    "APIG2": "The front validates requests, with messages that name the parameter and in OpenAI's error format.",
    "APIG3": "Every request needs an API key, whose rate is limited; a web ACL is the account's to add.",
    "APIG6": "Execution logs would hold prompts.",
    "COG4": "Callers are programs with API keys, as OpenAI's clients are, not people in a user pool.",
}
"""Rules of cdk-nag that the API does not follow."""


class ChatApi(Construct):
    """A Regional REST API that streams the front's responses, for callers with an API key.

    Regional, because an edge-optimised API ends a stream after 30 s without a byte, a Regional one after 5 min.

    Args:
        api_name: its name.
        handler: the front, a function in streaming mode.
        authorizer: names the API key of a request.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        api_name: str,
        handler: lambda_.IFunction,
        authorizer: apigateway.IAuthorizer,
    ) -> None:
        super().__init__(scope, construct_id)
        self.rest_api = apigateway.RestApi(
            self,
            "RestApi",
            rest_api_name=api_name,
            description="Falcon models behind an OpenAI-compatible API",
            endpoint_types=[apigateway.EndpointType.REGIONAL],
            api_key_source_type=apigateway.ApiKeySourceType.AUTHORIZER,
            cloud_watch_role=False,
            deploy_options=apigateway.StageOptions(stage_name=STAGE_NAME),
            default_method_options=apigateway.MethodOptions(api_key_required=True, authorizer=authorizer),
            default_integration=apigateway.LambdaIntegration(
                handler,
                response_transfer_mode=apigateway.ResponseTransferMode.STREAM,
                timeout=TIMEOUT,
                # The console's test button would need a permission of its own for every route.
                allow_test_invoke=False,
            ),
        )
        for rule, reason in ACKNOWLEDGED.items():
            acknowledge(self.rest_api, rule, reason)
        for method, path in ROUTES:
            self.rest_api.root.resource_for_path(path).add_method(method)
        for error in GATEWAY_ERRORS:
            self.rest_api.add_gateway_response(
                error.response_type.response_type,
                type=error.response_type,
                status_code=None if error.status is None else str(error.status),
                response_headers=error.response_headers(),
                templates={"application/json": error.template()},
            )

    @property
    def url(self) -> str:
        """The API's base URL as OpenAI's clients take it, ending in /v1."""
        return f"{self.rest_api.url}v1"
