"""Data at risk: stores that are removed, replaced, exposed, or kept for a shorter time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Stack
from falconry.assembly.values import Reader
from falconry.review.comparison import Comparison
from falconry.review.findings import Finding, Topic, attention, danger
from falconry.review.resources import REPLACING, Action, ResourceChange

STORES = {
    "AWS::S3::Bucket": "bucket",
    "AWS::KMS::Key": "KMS key",
    "AWS::DynamoDB::Table": "table",
    "AWS::EFS::FileSystem": "file system",
    "AWS::SecretsManager::Secret": "secret",  # pragma: allowlist secret
    "AWS::RDS::DBInstance": "database",
    "AWS::RDS::DBCluster": "database",
}
"""Types that hold the only copy of their content."""

LOGS = {"AWS::Logs::LogGroup": "log group"}

KEPT = ("Retain", "RetainExceptOnCreate", "Snapshot")
"""Deletion policies under which the data outlives its resource."""

_KEEP = (
    "Keep the resource. To remove it from the stack only, deploy `DeletionPolicy: Retain` (`retain_data: true`) first."
)


def findings(comparison: Comparison) -> Iterator[Finding]:
    """What happens to buckets, keys, logs and other stores."""
    for change in comparison.changes:
        noun = STORES.get(change.type) or LOGS.get(change.type)
        if noun is None:
            continue
        where = comparison.base if change.after is None else comparison.head
        subject = _subject(where.assembly, change)
        if change.after is None:
            yield _removed(change, noun, subject)
        elif change.before is not None:
            if change.action in REPLACING:
                yield _replaced(change, noun, subject)
            yield from _weaker(change, noun, subject)


def of_left_stack(stack: Stack) -> list[str]:
    """The paths of the stores in a stack that the app no longer has."""
    return [stack.path(name) for name, resource in stack.resources.items() if resource["Type"] in STORES]


def _subject(assembly: CloudAssembly, change: ResourceChange) -> str:
    """A resource's path, with its name if it has one."""
    properties = (change.before or change.after or {}).get("Properties", {})
    for key in ("BucketName", "LogGroupName", "TableName"):
        if key in properties:
            return f"{change.path} ({Reader(assembly, change.stack).text(properties[key])})"
    return change.path


def _removed(change: ResourceChange, noun: str, subject: str) -> Finding:
    if change.action == Action.LEFT_BEHIND:
        what = f"The {noun} leaves the stack and stays in the account (`Retain`): unmanaged, at the same cost."
        return attention(Topic.DATA, subject, what, "Delete it by hand when its content is no longer needed.")
    if change.type == "AWS::KMS::Key":
        what = "The KMS key is deleted: after the waiting period, nothing that it encrypted can be decrypted."
        return danger(Topic.DATA, subject, what, _KEEP)
    if change.type in LOGS:
        return attention(Topic.DATA, subject, "The log group is deleted with all of its content.")
    return danger(Topic.DATA, subject, f"The {noun} is deleted with all of its content.", _KEEP)


def _replaced(change: ResourceChange, noun: str, subject: str) -> Finding:
    old = (
        "stays in the account, unmanaged" if (change.before or {}).get("UpdateReplacePolicy") in KEPT else "is deleted"
    )
    names = ", ".join(f"`{one.name}`" for one in change.properties if one.impact != "in place")
    verb = "is" if change.action == Action.REPLACED else "may be"
    what = f"The {noun} {verb} replaced by an empty one because {names} cannot be updated in place; the old one {old}."
    if change.type in LOGS:
        return attention(Topic.DATA, subject, what)
    return danger(Topic.DATA, subject, what, f"Leave {names} unchanged, or create a second one and move the data.")


def _weaker(change: ResourceChange, noun: str, subject: str) -> Iterator[Finding]:
    before, after = change.before or {}, change.after or {}
    old, new = before.get("Properties", {}), after.get("Properties", {})
    if any(
        before.get(name) in KEPT and after.get(name) not in KEPT for name in ("DeletionPolicy", "UpdateReplacePolicy")
    ):
        lost = (
            "and nothing that it encrypted can be decrypted" if change.type == "AWS::KMS::Key" else "with its content"
        )
        what = f"The {noun} is no longer retained: `cdk destroy`, or removing it, deletes it, {lost}."
        mend = "Keep `retain_data: true`, unless the data is expendable."
        level = attention if change.type in LOGS else danger
        yield level(Topic.DATA, subject, what, mend)
    yield from _retention(subject, old, new)
    if change.type == "AWS::S3::Bucket":
        yield from _bucket(subject, old, new)
    if old.get("EnableKeyRotation") is True and new.get("EnableKeyRotation") is not True:
        yield attention(Topic.DATA, subject, "The key is no longer rotated every year.")
    if change.type in LOGS and "KmsKeyId" in old and "KmsKeyId" not in new:
        yield attention(Topic.DATA, subject, "New entries are no longer encrypted with the deployment's own key.")


def _retention(subject: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    before, after = old.get("RetentionInDays"), new.get("RetentionInDays")
    if after is not None and (before is None or after < before):
        was = "unlimited" if before is None else f"{before} days"
        what = f"Log retention drops from {was} to {after} days: older entries are deleted soon after the deploy."
        yield attention(Topic.DATA, subject, what, "First export what an audit may need.")
    expirations = [_expirations(one) for one in (old, new)]
    for name in sorted(expirations[1].keys()):
        days, was_days = expirations[1][name], expirations[0].get(name)
        if was_days is None or days < was_days:
            was = "indefinitely" if was_days is None else f"{was_days} days"
            yield attention(Topic.DATA, subject, f"{name} are kept {days} days instead of {was}.")


def _expirations(properties: Mapping[str, Any]) -> dict[str, int]:
    """What a bucket's lifecycle rules delete, and after how many days at the earliest."""
    found: dict[str, int] = {}
    for rule in properties.get("LifecycleConfiguration", {}).get("Rules", []):
        for name, days in (
            ("Objects", rule.get("ExpirationInDays")),
            ("Old versions", rule.get("NoncurrentVersionExpiration", {}).get("NoncurrentDays")),
        ):
            if days is not None and rule.get("Status") == "Enabled":
                found[name] = min(found.get(name, int(days)), int(days))
    return found


def _bucket(subject: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    blocks = [one.get("PublicAccessBlockConfiguration", {}) for one in (old, new)]
    opened = [name for name, on in blocks[0].items() if on is True and blocks[1].get(name) is not True]
    if opened:
        names = ", ".join(f"`{name}`" for name in sorted(opened))
        what = f"The bucket may become public: {names} {'is' if len(opened) == 1 else 'are'} turned off."
        yield danger(
            Topic.DATA, subject, what, "Keep all four on; to share objects, name the accounts in a bucket policy."
        )
    if str(new.get("AccessControl", "")).startswith("Public") and new.get("AccessControl") != old.get("AccessControl"):
        what = f"The bucket's access control list is `{new['AccessControl']}`: anyone may read it."
        yield danger(Topic.DATA, subject, what, "Remove it; to share objects, name the accounts in a bucket policy.")
    if _versioned(old) and not _versioned(new):
        yield attention(Topic.DATA, subject, "Versioning is turned off: overwritten and deleted objects are lost.")
    if _encryption(old) == "aws:kms" and _encryption(new) != "aws:kms":
        yield attention(Topic.DATA, subject, "New objects are no longer encrypted with the deployment's own key.")


def _versioned(properties: Mapping[str, Any]) -> bool:
    return bool(properties.get("VersioningConfiguration", {}).get("Status") == "Enabled")


def _encryption(properties: Mapping[str, Any]) -> str:
    rules = properties.get("BucketEncryption", {}).get("ServerSideEncryptionConfiguration", [])
    return str(rules[0].get("ServerSideEncryptionByDefault", {}).get("SSEAlgorithm", "")) if rules else ""
