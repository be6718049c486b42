"""Pull requests in miniature: a change to a config, or to what the code makes of one, and what the review must say."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from falconry.review.report import Verdict

Templates = dict[str, dict[str, Any]]
"""The last part of a stack's name ("network") to the resources of its template."""

NAME = "shop"

BASE = """\
region: us-east-1
tags: {team: search}
models:
  - name: falcon-7b-instruct
    instance_type: ml.g5.2xlarge
  - name: falcon-40b-instruct
    scaling: {mode: target_tracking, max_instances: 3}
api:
  cors_origins: [https://app.example.com]
  clients:
    - {name: app, rate_per_second: 5, burst: 10, requests_per_month: 1000}
    - {name: batch}
"""

DELIVERED = BASE + "delivery: {repository: example/falconry}\n"
THROWAWAY = BASE + "retain_data: false\n"
PRIVATE = BASE.replace("api:\n", "api:\n  access: private\n  vpc_endpoint_ids: [vpce-0123456789abcdef0]\n")
SIGNED = (
    BASE.partition("  clients:")[0]
    + "  auth: iam\n  iam: {principals: ['arn:aws:iam::111122223333:role/app', 'arn:aws:iam::111122223333:root']}\n"
)


@dataclass(frozen=True, slots=True)
class PullRequest:
    """One of them.

    Attributes:
        head: the config after the change.
        verdict: what the review must find.
        said: what its first lines must say, so that a golden file cannot be renewed into saying less.
        base: the config before it.
        name: the config's name after it.
        edit: a change to the code, as it shows in the head's templates.
    """

    head: str
    verdict: Verdict
    said: tuple[str, ...]
    base: str = BASE
    name: str = NAME
    edit: Callable[[Templates], None] | None = None


def of_type(resources: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The resources of a type."""
    return [resource for resource in resources.values() if resource["Type"] == kind]


def _bump_image(templates: Templates) -> None:
    model = of_type(templates["models"], "AWS::SageMaker::Model")[0]
    container = model["Properties"]["PrimaryContainer"]
    container["Image"] = container["Image"].rpartition(":")[0] + ":2.6.0-tgi3.2.0-gpu-py311-cu124-ubuntu22.04"


def _widen_role(templates: Templates) -> None:
    role = of_type(templates["models"], "AWS::IAM::Role")[0]
    statement = role["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0]
    statement["Action"] = ["s3:GetObject", "s3:PutObject"]
    statement["Resource"] = "*"
    role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0].pop("Condition")


def _trust_everybody(templates: Templates) -> None:
    role = of_type(templates["api"], "AWS::IAM::Role")[0]
    role["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Principal"] = {"AWS": "*"}


def _trust(templates: Templates, role: str) -> dict[str, Any]:
    """The conditions under which GitHub's jobs may assume the role "Review" or "Deploy"."""
    (found,) = [
        one
        for one in of_type(templates["delivery"], "AWS::IAM::Role")
        if one["Properties"]["RoleName"] == f"falconry-{NAME}-{role}"
    ]
    condition: dict[str, Any] = found["Properties"]["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]
    return condition


def _trust_every_branch(templates: Templates) -> None:
    equals = _trust(templates, "deploy")["StringEquals"]
    equals.pop(next(key for key in equals if key.endswith(":ref")))


def _trust_every_repository(templates: Templates) -> None:
    condition = _trust(templates, "deploy")
    subject = next(key for key in condition["StringEquals"] if key.endswith(":sub"))
    condition["StringEquals"].pop(subject)
    condition["StringLike"] = {subject: "repo:*"}


def _remove_bucket(templates: Templates) -> None:
    network = templates["network"]
    bucket = next(key for key, one in network.items() if one["Type"] == "AWS::S3::Bucket")
    for key in [key for key, one in network.items() if bucket in str(one) or key == bucket]:
        if network[key]["Type"] in ("AWS::S3::Bucket", "AWS::S3::BucketPolicy"):
            del network[key]
        elif network[key]["Type"] == "AWS::SSM::Parameter":
            network[key]["Properties"]["Value"] = "none"


def _open_bucket(templates: Templates) -> None:
    bucket = of_type(templates["network"], "AWS::S3::Bucket")[0]["Properties"]
    bucket["PublicAccessBlockConfiguration"]["BlockPublicPolicy"] = False
    bucket["VersioningConfiguration"]["Status"] = "Suspended"


def _open_security_group(templates: Templates) -> None:
    rule = of_type(templates["network"], "AWS::EC2::SecurityGroupIngress")[0]["Properties"]
    rule.pop("SourceSecurityGroupId")
    rule["CidrIp"] = "0.0.0.0/0"


def _open_method(templates: Templates) -> None:
    method = next(
        one for one in of_type(templates["api"], "AWS::ApiGateway::Method") if one["Properties"]["HttpMethod"] == "POST"
    )
    method["Properties"] |= {"AuthorizationType": "NONE", "ApiKeyRequired": False}
    method["Properties"].pop("AuthorizerId")


def _drop_isolation(templates: Templates) -> None:
    of_type(templates["models"], "AWS::SageMaker::Model")[0]["Properties"]["EnableNetworkIsolation"] = False


def changed(*pairs: tuple[str, str], of: str = BASE) -> str:
    """The config with one text for another, which has to be there."""
    for before, after in pairs:
        assert before in of
        of = of.replace(before, after)
    return of


PULL_REQUESTS = {
    "instance-type": PullRequest(
        changed(("ml.g5.2xlarge", "ml.g6.2xlarge")),
        Verdict.GOOD,
        ("instance type ml.g5.2xlarge → ml.g6.2xlarge", "| uninterrupted: blue/green, all traffic at once"),
    ),
    "instance-type-of-a-scaled-model": PullRequest(
        changed(("instruct\n    scaling", "instruct\n    instance_type: ml.p4d.24xlarge\n    scaling")),
        Verdict.DANGER,
        ("SageMaker refuses to change the instance type (ml.g5.48xlarge → ml.p4d.24xlarge)", "Use three deploys"),
    ),
    "model-added": PullRequest(
        changed(("api:\n", "  - name: falcon-7b\napi:\n")),
        Verdict.ATTENTION,
        ("The role may now call `sagemaker:InvokeEndpoint`", "added: 1 x ml.g5.2xlarge", "more per month"),
    ),
    "model-removed": PullRequest(
        changed(("  - name: falcon-7b-instruct\n    instance_type: ml.g5.2xlarge\n", "")),
        Verdict.DANGER,
        ("The endpoint is deleted", "**interrupted**"),
    ),
    "config-renamed": PullRequest(
        BASE, Verdict.DANGER, ("A deploy does not delete them", "npx cdk destroy", "more per month"), name="store"
    ),
    "retain-data-off": PullRequest(
        THROWAWAY, Verdict.DANGER, ("The bucket is no longer retained", "The KMS key is no longer retained")
    ),
    "bucket-removed": PullRequest(
        THROWAWAY,
        Verdict.DANGER,
        ("The bucket is deleted with all of its content",),
        base=THROWAWAY,
        edit=_remove_bucket,
    ),
    "bucket-opened": PullRequest(
        BASE,
        Verdict.DANGER,
        ("The bucket may become public: `BlockPublicPolicy` is turned off", "Versioning is turned off"),
        edit=_open_bucket,
    ),
    "role-widened": PullRequest(
        BASE,
        Verdict.ATTENTION,
        (
            "The role may now call `s3:GetObject`, `s3:PutObject` on every resource",
            "The service `sagemaker.amazonaws.com` may now assume the role. Previously only where `aws:SourceAccount`",
        ),
        edit=_widen_role,
    ),
    "role-for-everybody": PullRequest(
        BASE, Verdict.DANGER, ("Everyone may now assume the role",), edit=_trust_everybody
    ),
    "delivery-added": PullRequest(
        DELIVERED,
        Verdict.ATTENTION,
        ("may assume the role, where", "`repo:example/falconry:pull_request`", "StringEquals `refs/heads/main`"),
    ),
    "delivery-environment": PullRequest(
        changed(("falconry}", "falconry, environment: staging}"), of=DELIVERED),
        Verdict.ATTENTION,
        ("`repo:example/falconry:environment:staging`. Previously only where",),
        base=DELIVERED,
    ),
    "delivery-from-every-branch": PullRequest(
        DELIVERED,
        Verdict.ATTENTION,
        ("Previously only where `token.actions.githubusercontent.com:ref` StringEquals `refs/heads/main`",),
        base=DELIVERED,
        edit=_trust_every_branch,
    ),
    "delivery-from-every-repository": PullRequest(
        DELIVERED,
        Verdict.DANGER,
        ("may now assume the role", "Add a condition on the token's `sub` that names the repository"),
        base=DELIVERED,
        edit=_trust_every_repository,
    ),
    "web-acl-off": PullRequest(
        changed(("api:\n", "api:\n  web_acl: {enabled: false}\n")), Verdict.DANGER, ("AWS WAF is turned off",)
    ),
    "vpc-cidr": PullRequest(
        BASE + "network: {cidr: 10.20.0.0/16}\n",
        Verdict.DANGER,
        ("resources in it are replaced", "Requests fail during the deploy", "network, through falconry-shop-network"),
    ),
    "quota-raised": PullRequest(
        changed(("requests_per_month: 1000", "requests_per_month: 5000")),
        Verdict.GOOD,
        ("Higher limits: 5,000 requests per month (was 1,000)",),
    ),
    "client-removed": PullRequest(
        changed(("    - {name: batch}\n", "")), Verdict.ATTENTION, ("The client's key is deleted",)
    ),
    "image-bumped": PullRequest(
        BASE, Verdict.GOOD, ("image 2.4.0-tgi2.4.0", "| uninterrupted: blue/green"), edit=_bump_image
    ),
    "quantize": PullRequest(
        changed(("ml.g5.2xlarge\n", "ml.g5.2xlarge\n    quantize: bitsandbytes\n")),
        Verdict.GOOD,
        ("HF\\_MODEL\\_QUANTIZE not set → bitsandbytes",),
    ),
    "auth-iam": PullRequest(
        SIGNED, Verdict.DANGER, ("require IAM signatures instead of API keys", "The client's key is deleted")
    ),
    "playground": PullRequest(
        BASE.replace("api:\n", "api:\n  playground: true\n"),
        Verdict.ATTENTION,
        ("`GET /playground` serves a page to anyone",),
    ),
    "cors-opened": PullRequest(
        changed(("[https://app.example.com]", '["*"]')), Verdict.ATTENTION, ("Web pages of every origin",)
    ),
    "private-to-public": PullRequest(BASE, Verdict.DANGER, ("The API becomes public: until now",), base=PRIVATE),
    "log-retention-shortened": PullRequest(
        BASE + "log_retention_days: 7\n", Verdict.ATTENTION, ("Log retention drops from 90 days to 7 days",)
    ),
    "two-instances": PullRequest(
        changed(("ml.g5.2xlarge\n", "ml.g5.2xlarge\n    instance_count: 2\n")),
        Verdict.GOOD,
        ("instances 1 → 2", "$1,102 more per month"),
    ),
    "scale-to-zero": PullRequest(
        changed(("{mode: target_tracking, max_instances: 3}", "{mode: scale_to_zero, max_instances: 3}")),
        Verdict.DANGER,
        ("The endpoint is replaced", "replaced by `falconry-shop-falcon-40b-instruct-components`", "**interrupted**"),
    ),
    "termination-protection-off": PullRequest(
        BASE + "termination_protection: false\n", Verdict.ATTENTION, ("Termination protection is turned off",)
    ),
    "tags": PullRequest(
        changed(("{team: search}", "{team: answers}")), Verdict.GOOD, ("resources change only in their tags",)
    ),
    "reformatted": PullRequest(
        "# The shop's models.\n" + changed(("tags: {team: search}", "tags:\n  team: search")),
        Verdict.GOOD,
        ("no deployed resource changes",),
    ),
    "typo": PullRequest(
        changed(("ml.g5.2xlarge", "ml.g5.2xlrage")),
        Verdict.FAILED,
        ("Cannot be synthesized: config/shop.yaml", "ml.g5.2xlrage"),
    ),
    "security-group-opened": PullRequest(
        BASE, Verdict.DANGER, ("Open to the whole internet: TCP 443 from 0.0.0.0/0",), edit=_open_security_group
    ),
    "authorization-off": PullRequest(
        BASE, Verdict.DANGER, ("Authorization is turned off: anyone who can reach the API",), edit=_open_method
    ),
    "isolation-off": PullRequest(BASE, Verdict.DANGER, ("Network isolation is turned off",), edit=_drop_isolation),
}
"""File name of the golden comment to pull request."""

EXIT_CODES = {Verdict.FAILED: 1, Verdict.DANGER: 2, Verdict.ATTENTION: 0, Verdict.GOOD: 0}
