"""The main resources of a deployment by stack, from its settings alone.

Nothing is synthesized; tests/infrastructure/test_plan.py holds the lines to the templates of many configs.
"""

from __future__ import annotations

from falconry.catalog import MODELS
from falconry.names import STACKS
from falconry.settings import Model, Settings, containers


def contents(settings: Settings) -> dict[str, list[str]]:
    """Lines about the main resources, by the name of their stack."""
    lines = {
        "network": _network(settings),
        "models": _models(settings),
        "api": _api(settings),
        "operations": _operations(settings),
    }
    return {settings.names.stack(stack): lines[stack] for stack in STACKS}


def _network(settings: Settings) -> list[str]:
    network, existing = settings.network, settings.network.existing
    if existing:
        lines = [f"Security groups in the existing {existing.vpc_id}, {len(existing.subnet_ids)} subnets"]
    else:
        zones = ", ".join(network.zone_names) or f"{network.zones} zones"
        lines = [f"VPC {network.cidr} in {zones}: isolated subnets without internet access, flow logs"]
    if existing is None or existing.create_endpoints:
        lines.append("VPC endpoints for S3 (gateway) and the SageMaker runtime (interface)")
    fate = "kept" if settings.retain_data else "deleted"
    lines.append(f"Bucket for your own weights and a KMS key; {fate} on `cdk destroy`")
    return lines


def _models(settings: Settings) -> list[str]:
    lines = []
    for model in settings.models:
        source = "JumpStart's bucket" if model.model_data == "jumpstart" else "the artifact bucket"
        precision = f", {model.quantize}" if model.quantize else ""
        lines.append(f"Endpoint {settings.endpoint_name(model)}: {instances(model)} x {model.instance_type}")
        lines.append(f"  {MODELS[model.name].server}{precision}, network isolation, weights from {source}")
        lines.append(f"  {_SCALING[model.scaling.mode]}; {_update(model)}")
    return lines


def _operations(settings: Settings) -> list[str]:
    operations = settings.operations
    recipients = (
        ", ".join((*operations.page_emails, *operations.notice_emails)) or "none, `operations` names no address"
    )
    lines = ["Dashboard and alarms", f"Notifications: {recipients}"]
    if operations.budget:
        lines.append(f"Budget of ${operations.budget.monthly_usd:,.0f} a month")
    return lines


def _update(model: Model) -> str:
    # A component's copies are replaced one by one, whatever the strategy.
    return "updates replace copies one by one" if model.scaling.components else _UPDATES[model.update.strategy]


_SCALING = {
    "fixed": "Fixed number of instances",
    "target_tracking": "Scaled by concurrent requests",
    "scheduled": "Scaled on a schedule",
    "scale_to_zero": "Scaled by concurrent requests, to zero without any",
}

_UPDATES = {
    "all_at_once": "updates move all requests to a second fleet at once",
    "canary": "updates move a part of the requests to a second fleet first",
    "linear": "updates move the requests to a second fleet in steps",
    "rolling": "updates replace instances in batches",
}


def instances(model: Model) -> str:
    """The number of instances: "2", or "1 to 4"."""
    fewest, most = model.min_instances, model.max_instances
    return str(most) if fewest == most else f"{fewest} to {most}"


def _api(settings: Settings) -> list[str]:
    api = settings.api
    callers = {
        "api_key": f"keys for {', '.join(client.name for client in api.clients)}",
        "iam": "signed requests (IAM)",
        "jwt": f"tokens from {api.jwt.issuer}" if api.jwt else "",
    }[api.auth]
    where = "only through VPC endpoints" if api.access == "private" else "public"
    lines = [
        f"REST API, {where}: {callers}",
        f"Gateway function (Lambda), {containers.capacity(settings).requests_at_once} concurrent requests (reserved)",
    ]
    if api.web_acl.enabled:
        lines.append(f"Web ACL: {api.web_acl.requests_per_5_minutes:,} requests per address in 5 minutes")
    if api.domain:
        lines.append(f"Domain {api.domain.name}")
    if api.playground:
        lines.append("Playground: a page for everybody who can reach the API; it asks for a key or token")
    if settings.operations.audit_log.enabled:
        what = "with prompts and answers" if settings.operations.audit_log.include_content else "without text"
        lines.append(f"Audit log {what}, for {settings.operations.audit_log.retention_days} days")
    lines.append(f"Logs for {settings.log_retention_days} days{', traces in X-Ray' if settings.tracing else ''}")
    return lines
