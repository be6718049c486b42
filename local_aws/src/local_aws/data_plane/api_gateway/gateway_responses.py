"""The answers that API Gateway gives itself, as the deployed gateway responses shape them."""

import json
from typing import Any

from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import GatewayResponse
from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.api_gateway.variables import fill, look_up, text

_DEFAULT_TEMPLATE = '{"message":$context.error.messageString}'


def render(error: GatewayError, context: RequestContext) -> tuple[int, list[tuple[str, str]], bytes]:
    """Status, headers and body for an error.

    Its own gateway response shapes them, else DEFAULT_4XX or DEFAULT_5XX, else API Gateway's default.
    """
    responses = context.api.gateway_responses
    family = "DEFAULT_4XX" if error.status < 500 else "DEFAULT_5XX"
    custom = responses.get(error.response_type) or responses.get(family) or GatewayResponse(None, {}, {})
    variables = _variables(error, context)
    content_type, template = _choose_template(custom.templates, context.header("accept"))
    body = fill(template, variables)
    headers = {
        "x-amzn-RequestId": context.request_id,
        "x-amz-apigw-id": context.extended_id,
        "x-amzn-ErrorType": error.exception,
    }
    headers["Content-Type"] = content_type
    for name, source in custom.parameters.items():
        value = _parameter(source, variables, context)
        if name.startswith("gatewayresponse.header.") and value is not None:
            header = name.removeprefix("gatewayresponse.header.")
            headers = {key: kept for key, kept in headers.items() if key.lower() != header.lower()}
            headers[header] = value
    return custom.status_code or error.status, list(headers.items()), body.encode()


def _variables(error: GatewayError, context: RequestContext) -> dict[str, Any]:
    details = {
        "message": error.message,
        # The message as a JSON string, with its quotes.
        "messageString": json.dumps(error.message),
        "responseType": error.response_type,
        **context.errors,
    }
    return {"context": {**context.request_context(), "error": details}, "stageVariables": context.stage.variables}


def _choose_template(templates: dict[str, str], accept: str | None) -> tuple[str, str]:
    """The template for the Accept header's type; application/json, or the only one there is, if that names none."""
    if not templates:
        return "application/json", _DEFAULT_TEMPLATE
    wanted = [part.partition(";")[0].strip() for part in (accept or "").split(",")]
    for content_type in (*wanted, "application/json"):
        if content_type in templates:
            return content_type, templates[content_type]
    return next(iter(templates.items()))


def _parameter(source: str, variables: dict[str, Any], context: RequestContext) -> str | None:
    """A response parameter's value: 'static', `context.*`, `stageVariables.*` or a part of the request."""
    if len(source) >= 2 and source[0] == source[-1] == "'":
        return source[1:-1]
    if source.startswith(("context.", "stageVariables.")):
        return text(look_up(variables, source)) or None
    if source.startswith("method.request.header."):
        return context.header(source.removeprefix("method.request.header."))
    if source.startswith("method.request.querystring."):
        return dict(context.query).get(source.removeprefix("method.request.querystring."))
    if source.startswith("method.request.path.") and context.route is not None:
        return context.route.path_parameters.get(source.removeprefix("method.request.path."))
    return None
