"""MOCK integrations: a fixed answer from the integration response, as the CDK makes for CORS preflight requests."""

import json
import re

from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import Integration
from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.http_messages import Response

_STATUS = re.compile(r'^\s*\{\s*"?statusCode"?\s*:\s*(\d{3})\s*\}\s*$')


# #if($origin == "a" || $origin == "b") #set($context.responseOverride.header.NAME = $origin) #end, after #set($origin)
_ORIGIN_TEMPLATE = re.compile(
    r"""\s*\#set\(\$origin\ =\ \$input\.params\(\)\.header\.get\("origin"\)\)
    \s*\#if\(!\$origin\)\ \#set\(\$origin\ =\ \$input\.params\(\)\.header\.get\("Origin"\)\)\ \#end
    \s*\#if\((?P<known>\$origin\ ==\ "[^"]+"(?:\ \|\|\ \$origin\ ==\ "[^"]+")*)\)
    \s*\#set\(\$context\.responseOverride\.header\.(?P<header>[A-Za-z-]+)\ =\ \$origin\)
    \s*\#end\s*""",
    re.VERBOSE,
)


def _override_origin(template: str, context: RequestContext, headers: list[tuple[str, str]]) -> str:
    """Evaluates the template that gives back an allowed origin as a header; other templates as they are."""
    match = _ORIGIN_TEMPLATE.fullmatch(template)
    if match is None:
        return template
    origin = context.header("origin")
    if origin is not None and origin in re.findall(r'"([^"]+)"', match["known"]):
        headers.append((match["header"], origin))
    return ""


async def run_mock(integration: Integration, context: RequestContext, response: Response) -> None:
    """The request template names the status code; the integration response for it gives static headers and the body.

    Raises GatewayError(API_CONFIGURATION_ERROR) for templates with logic, which are not evaluated, except for the one
    that lets an allowed origin in.
    """
    template = _by_media_type(integration.request_templates, context.header("content-type"))
    match = _STATUS.match(template or '{"statusCode": 200}')
    if match is None:
        raise GatewayError(
            "API_CONFIGURATION_ERROR",
            f"the mock's request template {template!r} is not of the form {json.dumps({'statusCode': 200})}",
        )
    answer = integration.responses.get(match[1])
    if answer is None:
        raise GatewayError("API_CONFIGURATION_ERROR", f"the mock has no integration response for status {match[1]}")
    headers = [
        (name.removeprefix("method.response.header."), value[1:-1])
        for name, value in (answer.get("responseParameters") or {}).items()
        if len(value) >= 2 and value[0] == value[-1] == "'"
    ]
    body = _by_media_type(answer.get("responseTemplates") or {}, context.header("accept")) or ""
    body = _override_origin(body, context, headers)
    if "$" in body or "#" in body:
        raise GatewayError(
            "API_CONFIGURATION_ERROR",
            "the mock's response template has variables or logic, which are not evaluated here",
        )
    headers += [
        ("x-amzn-RequestId", context.request_id),
        ("x-amz-apigw-id", context.extended_id),
    ]
    if body:
        headers.append(("Content-Type", "application/json"))
    await response.send(int(match[1]), headers, body.encode())


def _by_media_type(templates: dict[str, str], wanted: str | None) -> str | None:
    media_type = (wanted or "").partition(",")[0].partition(";")[0].strip()
    return templates.get(media_type) or templates.get("application/json")
