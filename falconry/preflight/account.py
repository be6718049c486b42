"""Whose account it is, and whether it is ready for the CDK in this region."""

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
"""States from which CloudFormation lets a stack be deleted only (REVIEW_IN_PROGRESS: made, never deployed)."""


def credentials(target: Target) -> Sequence[Check]:
    """Who calls, and that he is of the account that the config names."""
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
                f"they are of account {who.account}; the config says `account: {wanted}`",
                "Use that account's credentials (AWS_PROFILE=...), or correct `account` in the config.",
            )
        ]
    return [ok(subject, f"account {who.account} as in the config, {who.arn.rpartition(':')[2]}")]


def licences(target: Target) -> Sequence[Check]:
    """Without the acknowledgement `cdk deploy` stops at once."""
    missing = [
        model.name
        for model in target.settings.models
        if MODELS[model.name].requires_license_acceptance and not model.accept_license
    ]
    if not missing:
        return []
    licence = MODELS[missing[0]].license
    if target.local is not None:
        return [warning("licence", f"{', '.join(missing)}: {licence} is not acknowledged; AWS would not deploy it")]
    return [
        failed(
            "licence",
            f"{', '.join(missing)}: the {licence} restricts hosted services, and the config acknowledges it nowhere",
            "Read it; then write `accept_license: true` beside the model's name.",
        )
    ]


def region(target: Target) -> Sequence[Check]:
    """That the account has the region."""
    name = target.settings.region
    found = target.client("ec2").describe_regions(RegionNames=[name], AllRegions=True)["Regions"]
    if found and found[0].get("OptInStatus") == "not-opted-in":
        mend = f"aws account enable-region --region-name {name}"
        return [failed("region", f"{name} is not enabled in this account", mend)]
    return [ok("region", f"{name} is enabled")]


def bootstrap(target: Target) -> Sequence[Check]:
    """What `cdk bootstrap` leaves."""
    subject = "CDK bootstrap"
    mend = f"npx cdk bootstrap aws://{caller_identity(target).account}/{target.settings.region}"
    try:
        value = target.client("ssm").get_parameter(Name=BOOTSTRAP_PARAMETER)["Parameter"]["Value"]
    except ClientError as error:
        if code_of(error) != "ParameterNotFound":
            raise
        return [failed(subject, f"there is no {BOOTSTRAP_PARAMETER}: account and region are not prepared", mend)]
    if not value.isdecimal() or int(value) < BOOTSTRAP_VERSION:
        return [failed(subject, f"version {value} is too old; it takes {BOOTSTRAP_VERSION} or later", mend)]
    return [ok(subject, f"version {value}")]


def stacks(target: Target) -> Sequence[Check]:
    """That no stack is in a state in which CloudFormation refuses a deploy."""
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
            checks.append(failed(f"stack {name}", f"it is {state} and can only be deleted", mend))
        elif state not in _DONE:
            mend = f"aws cloudformation describe-stack-events --region {target.settings.region} --stack-name {name}"
            checks.append(failed(f"stack {name}", f"it is {state}: wait, or see what is in the way", mend))
        else:
            checks.append(ok(f"stack {name}", f"is {state}"))
    return checks or [ok("stacks", "there are none: it will be a first deploy")]
