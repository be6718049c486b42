"""The stage's access log: a line for each request, in the stage's own format."""

import time
from typing import Any

from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import AccessLogSettings
from local_aws.data_plane.api_gateway.variables import fill
from local_aws.data_plane.http_messages import Response
from local_aws.data_plane.log_file import LogGroupWriter

_UNKNOWN = "-"
"""What API Gateway writes for a variable that has no value."""


class AccessLog:
    """Writes into the log group that the stage names."""

    def __init__(self, log_groups: LogGroupWriter) -> None:
        self._log_groups = log_groups
        self._stream = log_groups.new_stream_name("access")

    def write(self, settings: AccessLogSettings, context: RequestContext, response: Response) -> None:
        """One line about a request that is over."""
        line = fill(settings.format, _variables(context, response), _UNKNOWN)
        self._log_groups.write(settings.log_group, self._stream, line)


def _variables(context: RequestContext, response: Response) -> dict[str, Any]:
    known = context.request_context()
    authorizer: dict[str, Any] = dict(known.get("authorizer") or {})
    if context.authorizer_seconds is not None:
        authorizer["latency"] = str(_milliseconds(context.authorizer_seconds))
    known |= {
        "authorizer": authorizer,
        "status": None if response.status is None else str(response.status),
        "responseLength": str(response.body_bytes),
        "responseLatency": str(_milliseconds(time.time() - context.started)),
        "error": {"responseType": context.error_type},
        "integration": _integration(context, response),
    }
    return {"context": known, "stageVariables": context.stage.variables}


def _integration(context: RequestContext, response: Response) -> dict[str, Any]:
    began = context.integration_started
    if began is None:
        return {}
    known: dict[str, Any] = {
        "latency": str(_milliseconds(time.time() - began)),
        "responseTransferMode": "STREAMED" if context.streamed else "BUFFERED",
    }
    if context.error_type is None and response.status is not None:
        known["status"] = str(response.status)
    if context.streamed and response.first_content is not None:
        known["timeToFirstContent"] = str(_milliseconds(response.first_content - began))
    return known


def _milliseconds(seconds: float) -> int:
    return max(0, round(seconds * 1000))
