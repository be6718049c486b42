"""Metrics of requests, in a log line from which CloudWatch extracts them (embedded metric format).

Specification: Amazon CloudWatch user guide, "Embedded metric format". The line is the request's own, so metrics cost no
call and no second line.
"""

from __future__ import annotations

from collections.abc import Mapping

from chat.record import Record

NAMESPACE = "Falconry"

_UNITS = {
    "Requests": "Count",
    "ClientErrors": "Count",
    "ServerErrors": "Count",
    "Duration": "Milliseconds",
    "TimeToFirstToken": "Milliseconds",
    "PromptTokens": "Count",
    "CompletionTokens": "Count",
    "TokensPerSecond": "Count/Second",
    "AuditFailures": "Count",
}

_BY = (("Deployment",), ("Deployment", "Model"), ("Deployment", "Client"))
"""Dimensions. Models and clients apart, not each with each: CloudWatch bills every combination as a metric of its
own."""


def embedded(
    record: Record, *, deployment: str, client: str | None, status: int, milliseconds: int
) -> dict[str, object]:
    """The members that make a log line carry the metrics of one request.

    `milliseconds` is the time since the epoch; `deployment` names the deployment; `client` is None for a caller without
    a name. A stream that broke counts as a server's error, though its status line said 200.
    """
    dimensions = {"Deployment": deployment, "Model": record.model, "Client": client}
    known = {name: value for name, value in dimensions.items() if value}
    values = _values(record, status)
    directives = [
        _directive([[*names] for names in _BY if all(name in known for name in names)], [*values]),
    ]
    if record.error_code is not None:
        known["ErrorCode"] = record.error_code
        directives.append(_directive([["Deployment", "ErrorCode"]], ["Requests"]))
    return {"_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": directives}, **known, **values}


def audited(*, deployment: str, failed: bool, milliseconds: int) -> dict[str, object]:
    """The members that make a log line count a record of the audit log, and whether it could not be written."""
    directive = _directive([["Deployment"]], ["AuditFailures"])
    return {
        "_aws": {"Timestamp": milliseconds, "CloudWatchMetrics": [directive]},
        "Deployment": deployment,
        "AuditFailures": int(failed),
    }


def _values(record: Record, status: int) -> Mapping[str, float]:
    failed = record.error_code is not None
    values: dict[str, float | None] = {
        "Requests": 1,
        "ClientErrors": int(failed and 400 <= status < 500),
        "ServerErrors": int(failed and not 400 <= status < 500),
        "Duration": record.elapsed_ms(),
        "TimeToFirstToken": record.time_to_first_token_ms,
        "PromptTokens": record.prompt_tokens,
        "CompletionTokens": record.completion_tokens,
        "TokensPerSecond": record.tokens_per_second(),
    }
    return {name: value for name, value in values.items() if value is not None}


def _directive(dimensions: list[list[str]], names: list[str]) -> dict[str, object]:
    metrics = [{"Name": name, "Unit": _UNITS[name]} for name in names]
    return {"Namespace": NAMESPACE, "Dimensions": dimensions, "Metrics": metrics}
