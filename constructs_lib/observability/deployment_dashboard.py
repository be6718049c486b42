"""The widgets of a deployment's dashboard, from requests at the top to instances and cost at the bottom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.observability.deployment_alarms import OVERLOADED
from constructs_lib.observability.observed import Observed, ObservedModel
from constructs_lib.observability.widget import Widgets, alarms, expression, text

PERCENTILES = ("p50", "p95", "p99")

Lines = list[cloudwatch.IMetric]


def widgets_of(
    observed: Observed, *, watched: Sequence[cloudwatch.IAlarm], runbook_url: str
) -> list[list[cloudwatch.IWidget]]:
    """All widgets, row by row. `watched` are the alarms whose states it shows."""
    make = Widgets(observed.region)
    return [
        [_heading(observed, runbook_url)],
        [alarms("Alarms", watched)],
        _traffic(make, observed),
        [_first_token(make, observed, model) for model in observed.models],
        _tokens(make, observed),
        _errors(make, observed),
        _gateway(make, observed),
        _functions(make, observed),
        _endpoints(make, observed),
        [widget for model in observed.models for widget in _instances(make, model)],
        _cost(make, observed),
    ]


def _heading(observed: Observed, runbook_url: str) -> cloudwatch.IWidget:
    shown = f"[runbook]({runbook_url})" if "://" in runbook_url else f"`{runbook_url}`"
    models = ", ".join(model.name for model in observed.models)
    return text(f"# Falconry {observed.deployment}\n{models} in {observed.region}. For alarms, see {shown}.")


def _traffic(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    front = observed.front
    by_model: Lines = [front.metric_requests(model=model.name, label=model.name) for model in observed.models]
    # Clients with API keys are known in advance; callers with signatures or tokens are searched for.
    by_client: Lines = [front.metric_requests(client=client, label=client) for client in observed.clients]
    return [
        make.graph("Requests by model", "Count", by_model, stacked=True),
        make.graph("Requests by client", "Count", by_client or [front.search_requests("Client")], stacked=True),
        make.graph(
            "Response time",
            "Milliseconds",
            [front.metric_answer_duration(statistic=name, label=name) for name in PERCENTILES],
        ),
    ]


def _first_token(make: Widgets, observed: Observed, model: ObservedModel) -> cloudwatch.IWidget:
    return make.graph(
        f"Time to first token: {model.name}",
        "Milliseconds",
        [
            observed.front.metric_time_to_first_token(model=model.name, statistic=name, label=name)
            for name in PERCENTILES
        ],
    )


def _tokens(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    front = observed.front
    return [
        make.graph(
            "Tokens per second per answer, median",
            "Count/Second",
            [front.metric_tokens_per_second(model=model.name, label=model.name) for model in observed.models],
        ),
        make.graph(
            "Tokens per second, total",
            "Count/Second",
            [expression("tokens / PERIOD(tokens)", "completion", tokens=front.metric_completion_tokens())],
        ),
        make.graph(
            "Tokens",
            "Count",
            [front.metric_completion_tokens(label="completion"), front.metric_prompt_tokens(label="prompt")],
            stacked=True,
        ),
    ]


def _errors(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    front = observed.front
    lines: Lines = [
        front.metric_client_errors(label="client errors"),
        front.metric_server_errors(label="server errors"),
    ]
    if observed.audited:
        lines.append(front.metric_audit_failures(label="lost audit records"))
    return [
        make.graph("Errors by code", "Count", [front.search_requests("ErrorCode")], width=12, stacked=True),
        make.graph("Errors", "Count", lines, width=12),
    ]


def _gateway(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    api = observed.api
    answers: Lines = [
        api.metric_requests(label="requests"),
        api.metric_client_errors(label="4xx"),
        api.metric_server_errors(label="5xx"),
    ]
    latencies: Lines = [
        measured(statistic=statistic, label=f"{label} {statistic}")
        for measured, label in ((api.metric_latency, "total"), (api.metric_integration_latency, "gateway function"))
        for statistic in ("p50", "p95")
    ]
    refusals: Lines = [observed.front.metric_requests(error_code=OVERLOADED, label="model overloaded")]
    for function in observed.functions:
        refusals.append(function.metric_throttles(label=f"{function.function_name} throttled"))
    if observed.web_acl:
        refusals.append(observed.web_acl.metric_blocked_requests(label="blocked by AWS WAF"))
    return [
        make.graph("API Gateway", "Count", answers),
        make.graph("API Gateway: latency", "Milliseconds", latencies),
        make.graph("Rejected requests", "Count", refusals),
    ]


def _functions(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    front = observed.front
    durations: Lines = [one.metric_duration(label=one.function_name) for one in observed.functions]
    # An authorizer reports a missing key to API Gateway as an error, so its errors are the callers'.
    errors: Lines = [one.metric_errors(label=one.function_name) for one in observed.functions]
    return [
        make.graph(
            "Gateway function: concurrent executions",
            "Count",
            [front.metric_concurrent_executions(label=front.function_name)],
            limit=("reserved concurrency", observed.concurrency),
        ),
        make.graph("Functions: duration, p95", "Milliseconds", durations),
        make.graph("Functions: errors", "Count", errors),
    ]


def _endpoints(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    calls: Lines = []
    latencies: Lines = []
    busy: Lines = []
    instances: Lines = []
    for number, model in enumerate(observed.models):
        name, endpoint = model.name, model.endpoint
        calls += [
            endpoint.metric_invocations(label=f"{name} Invocations"),
            endpoint.metric_client_errors(label=f"{name} Invocation4XXErrors"),
            endpoint.metric_server_errors(label=f"{name} Invocation5XXErrors"),
        ]
        latency = f"latency{number}"
        latencies.append(expression(f"{latency} / 1000", name, **{latency: endpoint.metric_model_latency()}))
        busy.append(endpoint.metric_concurrent_requests(label=f"{name} ConcurrentRequestsPerModel"))
        instances.append(endpoint.metric_instances(label=name))
    return [
        make.graph("Endpoints: invocations and errors", "None", calls),
        make.graph("Endpoints: model latency, p95", "Milliseconds", latencies),
        make.graph("Concurrent requests, busiest instance", "None", busy),
        make.graph("Reporting instances", "Count", instances),
    ]


def _instances(make: Widgets, model: ObservedModel) -> list[cloudwatch.IWidget]:
    """SageMaker adds up the percentages of all GPUs and CPUs; these are shares of the whole instance."""
    endpoint, gpus = model.endpoint, model.gpu_count
    gpu: Lines = [
        expression(f"gpu / {gpus}", "GPUs", gpu=endpoint.metric_gpu_utilization()),
        expression(f"gpumemory / {gpus}", "GPU memory", gpumemory=endpoint.metric_gpu_memory_utilization()),
    ]
    instance: Lines = [
        expression(f"cpu / {model.vcpu}", "CPUs", cpu=endpoint.metric_cpu_utilization()),
        endpoint.metric_memory_utilization(label="memory"),
        endpoint.metric_disk_utilization(label="disk"),
    ]
    return [
        make.graph(f"GPUs: {model.name} on {model.instance_type}", "Percent", gpu, width=12),
        make.graph(f"Instances: {model.name}", "Percent", instance, width=12),
    ]


def _cost(make: Widgets, observed: Observed) -> list[cloudwatch.IWidget]:
    """Cost by list prices: for a glance at what runs, not for checking a bill."""
    priced = [model for model in observed.models if model.usd_per_hour is not None]
    if not priced:
        return []
    counts = {f"count{number}": model.endpoint.metric_instances() for number, model in enumerate(priced)}
    formula = " + ".join(
        f"FILL({name}, 0) * {model.usd_per_hour:g}" for name, model in zip(counts, priced, strict=True)
    )
    dates = ", ".join(sorted({model.price_read for model in priced}))
    title = f"Instances: US$ per hour at us-east-1 list prices of {dates}"
    cost = expression(formula, "US$ per hour", **counts)
    return [
        make.numbers(title, [cost]),
        make.graph(title, "US$", [cost]),
        _cost_by_client(make, observed, formula, counts)
        if len(observed.models) == 1 and observed.clients
        else _tokens_by_client(make, observed),
    ]


def _tokens_by_client(make: Widgets, observed: Observed) -> cloudwatch.IWidget:
    front = observed.front
    lines: Lines = [front.metric_completion_tokens(client=client, label=client) for client in observed.clients]
    return make.graph("Completion tokens by client", "Count", lines or [front.search_completion_tokens("Client")])


def _cost_by_client(
    make: Widgets, observed: Observed, formula: str, counts: Mapping[str, cloudwatch.IMetric]
) -> cloudwatch.IWidget:
    """Only for a single model: a token of a large model costs many times that of a small one."""
    tokens = {
        f"client{number}": observed.front.metric_completion_tokens(client=client)
        for number, client in enumerate(observed.clients)
    }
    whole = "SUM([" + ", ".join(f"FILL({name}, 0)" for name in tokens) + "])"
    return make.graph(
        "US$ per hour by client, by share of completion tokens; idle hours are not allocated",
        "US$",
        [
            expression(f"({formula}) * {name} / {whole}", client, **counts, **tokens)
            for name, client in zip(tokens, observed.clients, strict=True)
        ],
    )
