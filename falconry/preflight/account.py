"""Checks of the account: credentials, licenses, region, CDK bootstrap, stacks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from botocore.exceptions import BotoCoreError, ClientError

from falconry.account import caller_identity
from falconry.aws_errors import code_of, sentence
from falconry.catalog import MODELS
from falconry.names import STACKS
from falconry.preflight.check import Check, failed, ok, warning

if TYPE_CHECKING:
    from falconry.target import Target

BOOTSTRAP_PARAMETER = "/cdk-bootstrap/hnb659fds/version"
BOOTSTRAP_VERSION = 6
"""The least that templates with assets ask for (aws-cdk-lib, DefaultStackSynthesizer)."""

_DONE = ("CREATE_COMPLETE", "UPDATE_COMPLETE", "IMPORT_COMPLETE", "UPDATE_ROLLBACK_COMPLETE")
_EMPTY = ("ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "CREATE_FAILED", "DELETE_FAILED", "REVIEW_IN_PROGRESS")
"""States in which CloudFormation only lets a stack be deleted (REVIEW_IN_PROGRESS: made, never deployed)."""


def credentials(target: Target) -> Sequence[Check]:
    """The caller, and that its account is the one in the config."""
    subject = "credentials"
    try:
        who = caller_identity(target)
    except (ClientError, BotoCoreError) as error:
        said = sentence(error) or str(error)
        return [failed(subject, said, "aws sts get-caller-identity")]
    wanted = target.settings.account
    if wanted is None:
        return [ok(subject, f"account {who.account}, {who.arn.rpartition(':')[2]}")]
    if wanted != who.account:
        return [
            failed(
                subject,
                f"they belong to account {who.account}; the config says `account: {wanted}`",
                "Use that account's credentials (AWS_PROFILE=...), or correct `account` in the config.",
            )
        ]
    return [ok(subject, f"account {who.account} as in the config, {who.arn.rpartition(':')[2]}")]


def licenses(target: Target) -> Sequence[Check]:
    """Acknowledged licenses: without them `cdk deploy` stops at once."""
    missing = [
        model.name
        for model in target.settings.models
        if MODELS[model.name].requires_license_acceptance and not model.accept_license
    ]
    if not missing:
        return []
    subject, names, name = "license", ", ".join(missing), MODELS[missing[0]].license
    if target.local is not None:
        found = f"{names}: the {name} is not acknowledged; outside the emulated AWS the deploy would stop"
        return [warning(subject, found)]
    found = f"{names}: the {name} restricts hosted services, and the config does not acknowledge it"
    return [failed(subject, found, "Read it, then add `accept_license: true` to the model.")]


def region(target: Target) -> Sequence[Check]:
    """That the region is enabled in the account."""
    name = target.settings.region
    found = target.client("ec2").describe_regions(RegionNames=[name], AllRegions=True)["Regions"]
    if found and found[0].get("OptInStatus") == "not-opted-in":
        mend = f"aws account enable-region --region-name {name}"
        return [failed("region", f"{name} is not enabled in this account", mend)]
    return [ok("region", f"{name} is enabled")]


def bootstrap(target: Target) -> Sequence[Check]:
    """That `cdk bootstrap` was run, in a version that is recent enough."""
    subject = "CDK bootstrap"
    mend = f"npx cdk bootstrap aws://{caller_identity(target).account}/{target.settings.region}"
    try:
        value = target.client("ssm").get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        return [failed(subject, f"{BOOTSTRAP_PARAMETER} does not exist: account and region are not bootstrapped", mend)]
    if not value.isdecimal() or int(value) < BOOTSTRAP_VERSION:
        return [failed(subject, f"version {value} is too old; {BOOTSTRAP_VERSION} or later is needed", mend)]
    return [ok(subject, f"version {value}")]


def stacks(target: Target) -> Sequence[Check]:
    """That CloudFormation accepts a deploy in every stack's state."""
    cloudformation = target.client("cloudformation")
    checks = []
    for stack in STACKS:
        name = target.settings.names.stack(stack)
        try:
            state = cloudformation.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"]
        except ClientError as error:
            if "does not exist" in str(error):
                continue
            raise
        if state in _EMPTY:
            mend = f"aws cloudformation delete-stack --region {target.settings.region} --stack-name {name}"
            checks.append(failed(f"stack {name}", f"{state}: it can only be deleted", mend))
        elif state not in _DONE:
            mend = f"aws cloudformation describe-stack-events --region {target.settings.region} --stack-name {name}"
            checks.append(failed(f"stack {name}", f"{state}: wait, or look at its events", mend))
        else:
            checks.append(ok(f"stack {name}", f"{state}"))
    return checks or [ok("stacks", "none yet: this is the first deploy")]
