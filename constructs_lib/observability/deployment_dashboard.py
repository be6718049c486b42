"""What the dashboard of a deployment shows, from the callers at the top to the instances and the bill at the bottom."""

from __future__ import annotations

from collections.abc import Sequence

from constructs_lib.observability import metric
from constructs_lib.observability.deployment_alarms import OVERLOADED
from constructs_lib.observability.observed import Observed, ObservedModel
from constructs_lib.observability.widget import Line, Widget, alarms, expression, graph, laid_out, numbers, search, text

PERCENTILES = ("p50", "p95", "p99")


def widgets_of(observed: Observed, *, alarm_arns: Sequence[str], runbook_url: str) -> list[Widget]:
    """All widgets with their places."""
    return laid_out(
        [
            [_heading(observed, runbook_url)],
            [alarms("Alarms", alarm_arns, height=2 + len(alarm_arns) // 6)],
            _traffic(observed),
            [_first_token(observed, model) for model in observed.models],
            _tokens(observed),
            _errors(observed),
            _gateway(observed),
            _functions(observed),
            _endpoints(observed),
            [widget for model in observed.models for widget in _instances(model)],
            _cost(observed),
        ]
    )


def _heading(observed: Observed, runbook_url: str) -> Widget:
    shown = f"[runbook]({runbook_url})" if "://" in runbook_url else f"`{runbook_url}`"
    models = ", ".join(model.name for model in observed.models)
    return text(f"# Falconry {observed.deployment}\n{models} in {observed.region}. What to do about an alarm: {shown}.")


def _by_model(observed: Observed, name: str, statistic: str = "Sum") -> list[Line]:
    return [
        metric.of_front(observed.deployment, name, Model=model.name).as_(statistic).line(label=model.name)
        for model in observed.models
    ]


def _by_client(observed: Observed, name: str) -> list[Line]:
    """By the clients that have keys; where callers bring signatures or tokens, by whoever called."""
    if not observed.clients:
        return [search(metric.of_front(observed.deployment, name), "Client")]
    return [metric.of_front(observed.deployment, name, Client=client).line(label=client) for client in observed.clients]


def _traffic(observed: Observed) -> list[Widget]:
    duration = metric.of_front(observed.deployment, "Duration")
    return [
        graph("Requests by model", "Count", _by_model(observed, "Requests"), stacked=True),
        graph("Requests by client", "Count", _by_client(observed, "Requests"), stacked=True),
        graph(
            "Time to the end of the answer",
            "Milliseconds",
            [duration.as_(name).line(label=name) for name in PERCENTILES],
        ),
    ]


def _first_token(observed: Observed, model: ObservedModel) -> Widget:
    wait = metric.of_front(observed.deployment, "TimeToFirstToken", Model=model.name)
    return graph(
        f"Time to first token: {model.name}",
        "Milliseconds",
        [wait.as_(name).line(label=name) for name in PERCENTILES],
    )


def _tokens(observed: Observed) -> list[Widget]:
    completion = metric.of_front(observed.deployment, "CompletionTokens")
    prompt = metric.of_front(observed.deployment, "PromptTokens")
    return [
        graph("Tokens per second of an answer, median", "Count/Second", _by_model(observed, "TokensPerSecond", "p50")),
        graph(
            "Tokens per second of all answers",
            "Count/Second",
            expression("tokens / PERIOD(tokens)", "generated", {"tokens": completion}),
        ),
        graph("Tokens", "Count", [completion.line(label="generated"), prompt.line(label="in prompts")], stacked=True),
    ]


def _errors(observed: Observed) -> list[Widget]:
    requests = metric.of_front(observed.deployment, "Requests")
    kinds = {"ClientErrors": "the caller's", "ServerErrors": "ours"}
    lines = [metric.of_front(observed.deployment, name).line(label=label) for name, label in kinds.items()]
    if observed.audited:
        lines.append(metric.of_front(observed.deployment, "AuditFailures").line(label="audit records lost"))
    return [
        graph("Errors by cause", "Count", [search(requests, "ErrorCode")], width=12, stacked=True),
        graph("Errors", "Count", lines, width=12),
    ]


def _gateway(observed: Observed) -> list[Widget]:
    def of(name: str) -> metric.Metric:
        return metric.of_api(observed.api, name)

    answers = [
        of("Count").as_("SampleCount").line(label="requests"),
        of("4XXError").line(label="4xx"),
        of("5XXError").line(label="5xx"),
    ]
    latencies = [
        of(name).as_(statistic).line(label=f"{label} {statistic}")
        for name, label in (("Latency", "whole"), ("IntegrationLatency", "front"))
        for statistic in ("p50", "p95")
    ]
    refusals = [
        metric.of_front(observed.deployment, "Requests", ErrorCode=OVERLOADED).line(label="model busy"),
        *(metric.of_function(name, "Throttles").line(label=f"no place for {name}") for name in _functions_of(observed)),
    ]
    if observed.web_acl:
        blocked = metric.of_web_acl(observed.web_acl, observed.region, "BlockedRequests")
        refusals.append(blocked.line(label="blocked by WAF"))
    return [
        graph("API Gateway", "Count", answers),
        graph("API Gateway: latency", "Milliseconds", latencies),
        graph("Refused", "Count", refusals),
    ]


def _functions_of(observed: Observed) -> list[str]:
    return [name for name in (observed.front, observed.authorizer) if name]


def _functions(observed: Observed) -> list[Widget]:
    def of_each(name: str, statistic: str) -> list[Line]:
        return [
            metric.of_function(function, name).as_(statistic).line(label=function)
            for function in _functions_of(observed)
        ]

    busy = metric.of_function(observed.front, "ConcurrentExecutions").as_("Maximum")
    return [
        graph(
            "Fronts at once",
            "Count",
            [busy.line(label=observed.front)],
            limit=("as many as may run", observed.concurrency),
        ),
        graph("Functions: duration, p95", "Milliseconds", of_each("Duration", "p95")),
        # An authorizer tells API Gateway of a missing key by an error, so its own are the callers'.
        graph("Functions: errors", "Count", of_each("Errors", "Sum")),
    ]


def _endpoints(observed: Observed) -> list[Widget]:
    def of_each(names: Sequence[str], statistic: str) -> list[Line]:
        return [
            metric.of_endpoint(model.endpoint, name).as_(statistic).line(label=f"{model.name} {name}")
            for model in observed.models
            for name in names
        ]

    latencies: list[Line] = []
    for number, model in enumerate(observed.models):
        latency = metric.of_endpoint(model.endpoint, "ModelLatency").as_("p95")
        latencies += expression(f"latency{number} / 1000", model.name, {f"latency{number}": latency})
    return [
        graph(
            "Endpoints: calls and errors",
            "None",
            of_each(("Invocations", "Invocation4XXErrors", "Invocation5XXErrors"), "Sum"),
        ),
        graph("Endpoints: model latency, p95", "Milliseconds", latencies),
        graph("Requests at once, busiest instance", "None", of_each(("ConcurrentRequestsPerModel",), "Maximum")),
        graph("Instances that report", "Count", _instance_counts(observed)),
    ]


def _reports(model: ObservedModel) -> metric.Metric:
    """How many instances there are: each reports its CPU's use once a minute."""
    return metric.of_instances(model.endpoint, "CPUUtilization").as_("SampleCount")


def _instance_counts(observed: Observed) -> list[Line]:
    return [_reports(model).line(label=model.name) for model in observed.models]


def _instances(model: ObservedModel) -> list[Widget]:
    """SageMaker adds up the percentages of all GPUs, and of all CPUs; here they are of the whole instance."""
    shares = {"gpu": ("GPUUtilization", model.gpu_count), "gpumemory": ("GPUMemoryUtilization", model.gpu_count)}
    gpu: list[Line] = []
    for name, (measured, count) in shares.items():
        gpu += expression(
            f"{name} / {count}",
            "GPUs" if name == "gpu" else "their memory",
            {name: metric.of_instances(model.endpoint, measured)},
        )
    cpu = expression(f"cpu / {model.vcpu}", "CPUs", {"cpu": metric.of_instances(model.endpoint, "CPUUtilization")})
    memory = metric.of_instances(model.endpoint, "MemoryUtilization").line(label="memory")
    disk = metric.of_instances(model.endpoint, "DiskUtilization").as_("Maximum").line(label="disk")
    return [
        graph(f"GPUs: {model.name} on {model.instance_type}", "Percent", gpu, width=12),
        graph(f"Instances: {model.name}", "Percent", [*cpu, memory, disk], width=12),
    ]


def _cost(observed: Observed) -> list[Widget]:
    """By list prices: to see at a glance what runs, not to check a bill."""
    priced = [model for model in observed.models if model.usd_per_hour is not None]
    if not priced:
        return []
    counts = {f"count{number}": _reports(model) for number, model in enumerate(priced)}
    formula = " + ".join(
        f"FILL({name}, 0) * {model.usd_per_hour:g}" for name, model in zip(counts, priced, strict=True)
    )
    dates = ", ".join(sorted({model.price_read for model in priced}))
    title = f"Instances: about US$ an hour, by list prices of us-east-1 read {dates}"
    widgets = [
        numbers(title, expression(formula, "US$ an hour", counts), unit="US$", period=60),
        graph(title, "US$", expression(formula, "US$ an hour", counts)),
    ]
    if len(observed.models) == 1 and observed.clients:
        widgets.append(_cost_by_client(observed, formula, counts))
    else:
        widgets.append(graph("Generated tokens by client", "Count", _by_client(observed, "CompletionTokens")))
    return widgets


def _cost_by_client(observed: Observed, formula: str, counts: dict[str, metric.Metric]) -> Widget:
    """Only where one model serves: a token of a large model costs many times one of a small model."""
    tokens = {
        f"client{number}": metric.of_front(observed.deployment, "CompletionTokens", Client=client)
        for number, client in enumerate(observed.clients)
    }
    whole = "SUM([" + ", ".join(f"FILL({name}, 0)" for name in tokens) + "])"
    lines = [
        [{"expression": f"({formula}) * {name} / {whole}", "label": client}]
        for name, client in zip(tokens, observed.clients, strict=True)
    ]
    hidden = [one.line(id=name, visible=False) for name, one in {**counts, **tokens}.items()]
    return graph(
        "US$ an hour by client: its share of the generated tokens; an idle hour is nobody's", "US$", [*lines, *hidden]
    )
