"""Configs that differ in every way that changes templates; `python -m tests.infrastructure.matrix DIR` writes them.

Each has a second version, a small change to it that an update deploys.
"""

from __future__ import annotations

import sys
from dataclasses import dataclass
from pathlib import Path

from tests.synthesis import SIX_MODELS, config_file, synthesize_file

START = "region: us-east-1\nretain_data: false\ntermination_protection: false\n"
SMALL = START + "models:\n  - name: falcon-7b-instruct\n"
PRODUCTION = """\
region: us-east-1
account: "123456789012"
models:
  - name: falcon-180b-chat
    accept_license: true
    instance_type: ml.p5.48xlarge
    quantize: fp8
"""
ENDPOINTS = "  vpc_endpoint_ids: [vpce-0123456789abcdef0]\n"
DOMAIN = """\
network: {cidr: 10.20.0.0/20}
api:
  domain: {name: falcon.example.com, certificate_arn: "arn:aws:acm:us-east-1:123456789012:certificate/a"}
  web_acl: {requests_per_5_minutes: 500}
"""
ORIGINS = "  cors_origins: [https://app.example.com]\n"
PRINCIPALS = "  iam: {principals: ['arn:aws:iam::111122223333:role/app']}\n"
OPERATIONS = """\
operations:
  page_emails: [oncall@example.com]
  notice_emails: [team@example.com, boss@example.com]
  runbook_url: https://example.com/runbook.md
  alarms:
    server_error_percent: 2
    overload_percent: 5
    time_to_first_token_seconds: 10
    front_concurrency_percent: 90
    disk_percent: 80
    gpu_memory_percent: 99
    blocked_requests_per_5_minutes: 50
  budget: {monthly_usd: 1500}
  audit_log:
    enabled: true
    include_content: true
    retention_days: 30
    readers: ["arn:aws:iam::111122223333:role/auditor"]
"""
GITHUB = "  provider_arn: arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com\n"
TOKENS = "  jwt: {issuer: https://id.example.com, audience: [falcon]}\n"


@dataclass(frozen=True, slots=True)
class Config:
    """A config file's text, and its text after a change."""

    first: str
    second: str


MATRIX = {
    "six-models": Config(
        START + SIX_MODELS,
        START
        + """\
models:
  - {name: falcon-7b-instruct}
  - {name: falcon-40b, instance_count: 2}
  - {name: falcon-180b-chat, accept_license: true}
""",
    ),
    "quantized": Config(
        START
        + """\
models:
  - name: falcon-180b-chat
    accept_license: true
    instance_type: ml.p4d.24xlarge
    quantize: bitsandbytes
""",
        START
        + """\
models:
  - name: falcon-180b-chat
    accept_license: true
    instance_type: ml.p4d.24xlarge
    quantize: bitsandbytes-nf4
    environment: {MAX_BATCH_PREFILL_TOKENS: "2048"}
""",
    ),
    "target-tracking": Config(
        SMALL
        + """\
    instance_count: 2
    scaling: {mode: target_tracking, max_instances: 4, concurrent_requests_per_instance: 100}
    update: {strategy: canary, step_percent: 50, bake_minutes: 10}
""",
        SMALL
        + """\
    instance_count: 2
    scaling:
      mode: target_tracking
      min_instances: 2
      max_instances: 6
      scale_in_cooldown_minutes: 30
      scale_out_cooldown_minutes: 3
    update: {strategy: linear, step_percent: 50}
""",
    ),
    "scheduled": Config(
        SMALL
        + """\
    scaling:
      mode: scheduled
      time_zone: Europe/Berlin
      schedules:
        - {cron: "0 7 ? * MON-FRI *", min_instances: 2, max_instances: 2}
        - {cron: "0 19 ? * MON-FRI *", min_instances: 1, max_instances: 1}
    update: {rollback: false}
""",
        SMALL + "    instance_count: 4\n    update: {strategy: rolling, step_percent: 25}\n",
    ),
    "scale-to-zero": Config(
        SMALL
        + """\
    scaling:
      mode: scale_to_zero
      max_instances: 2
      schedules: [{cron: "0 19 ? * MON-FRI *", min_instances: 0, max_instances: 0}]
""",
        SMALL + "    scaling: {mode: scale_to_zero, max_instances: 3}\n    update: {strategy: rolling}\n",
    ),
    "own-weights": Config(
        SMALL + "    model_data: artifact_bucket\n    neutralize: false\n",
        SMALL + "    model_data: artifact_bucket\ntags: {team: search}\n",
    ),
    "existing-vpc": Config(
        SMALL
        + """\
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    route_table_ids: [rtb-0123456789abcdef0]
""",
        SMALL
        + """\
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    create_endpoints: false
""",
    ),
    "vpc-with-endpoints": Config(
        SMALL
        + """\
    model_data: artifact_bucket
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    create_endpoints: false
""",
        SMALL
        + """\
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    route_table_ids: [rtb-0123456789abcdef0]
""",
    ),
    "production": Config(PRODUCTION, PRODUCTION + "termination_protection: false\nlog_retention_days: 365\n"),
    "domain": Config(SMALL + DOMAIN, SMALL + DOMAIN.replace("certificate/a", "certificate/b").replace("500", "1000")),
    "three-zones": Config(
        SMALL + "network: {zones: 3}\ntracing: false\n", SMALL + "network: {zones: 3}\nlog_retention_days: 30\n"
    ),
    "named-zones": Config(
        SMALL + "network: {zone_names: [us-east-1a, us-east-1d]}\n",
        SMALL + "network: {zone_names: [us-east-1a, us-east-1d]}\napi: {web_acl: {enabled: false}}\n",
    ),
    "clients": Config(
        SMALL
        + """\
api:
  cors_origins: [https://app.example.com]
  clients:
    - {name: app, requests_per_month: 1000}
    - {name: batch, rate_per_second: 2, burst: 4}
""",
        SMALL
        + """\
api:
  cors_origins: [https://app.example.com, https://other.example.com]
  clients:
    - {name: app, requests_per_month: 2000}
""",
    ),
    "operations": Config(
        SMALL + OPERATIONS,
        SMALL
        + OPERATIONS.replace("1500", "3000")
        .replace(", boss@example.com", "")
        .replace("oncall@", "night@")
        .replace("    gpu_memory_percent: 99\n", "")
        .replace("    include_content: true\n", ""),
    ),
    "audited-in-vpc": Config(
        SMALL
        + """\
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    route_table_ids: [rtb-0123456789abcdef0]
operations: {audit_log: {enabled: true}}
""",
        SMALL
        + """\
network:
  existing:
    vpc_id: vpc-0123456789abcdef0
    subnet_ids: [subnet-0123456789abcdef0, subnet-0123456789abcdef1]
    route_table_ids: [rtb-0123456789abcdef0]
""",
    ),
    "private": Config(
        SMALL + "api:\n  access: private\n" + ENDPOINTS,
        SMALL + "api:\n  access: private\n" + ENDPOINTS.replace("]", ", vpce-0123456789abcdef1]"),
    ),
    "iam": Config(
        SMALL + "api:\n  auth: iam\n" + PRINCIPALS,
        SMALL + "api:\n  auth: iam\n" + PRINCIPALS.replace("role/app", "root") + ORIGINS,
    ),
    "private-iam": Config(
        SMALL + "api:\n  access: private\n  auth: iam\n" + ENDPOINTS + PRINCIPALS,
        SMALL + "    instance_count: 2\napi:\n  access: private\n  auth: iam\n" + ENDPOINTS + PRINCIPALS,
    ),
    "private-jwt": Config(
        SMALL + "api:\n  access: private\n" + ENDPOINTS + ORIGINS + "  auth: jwt\n" + TOKENS,
        SMALL + "    instance_type: ml.p5.4xlarge\napi:\n  access: private\n" + ENDPOINTS,
    ),
    "delivery": Config(
        SMALL + "delivery: {repository: example/falconry, environment: dev, branch: trunk}\n",
        SMALL + "delivery: {repository: example@1/falconry@2, environment: dev}\ntags: {team: search}\n",
    ),
    "existing-github": Config(
        SMALL + "delivery:\n  repository: example/falconry\n" + GITHUB,
        SMALL + "api:\n" + DOMAIN.partition("api:\n")[2] + "delivery:\n  repository: example/other\n" + GITHUB,
    ),
    "playground": Config(
        SMALL + "api:\n  playground: true\n" + ORIGINS,
        SMALL + "    instance_count: 2\napi:\n  playground: true\n  auth: jwt\n" + TOKENS,
    ),
    "private-playground": Config(
        SMALL + "api:\n  access: private\n  playground: true\n" + ENDPOINTS,
        SMALL + "api:\n  access: private\n  playground: false\n" + ENDPOINTS,
    ),
    "jwt": Config(
        SMALL + "api:\n  auth: jwt\n" + TOKENS,
        SMALL + "api:\n  auth: jwt\n" + TOKENS.replace("[falcon]", "[falcon, batch]"),
    ),
}
"""Every config is called after its key, so the deployments can stand side by side."""


def synthesize(name: str, text: str, folder: Path) -> Path:
    """The assembly of a config with the given name and text, in a folder of its own below `folder`."""
    return synthesize_file(config_file(folder, text, name), folder / f"{name}.out")


if __name__ == "__main__":
    out = Path(sys.argv[1])
    for name, config in MATRIX.items():
        print(synthesize_file(config_file(out, config.first, name), out / f"{name}.out", checked=True))
