"""KMS keys and aliases."""

from typing import ClassVar

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list


class Key(Adapter):
    resource_type = "AWS::KMS::Key"
    not_carried: ClassVar = {
        "BypassPolicyLockoutSafetyCheck": "there is no lockout to check: key policies are not enforced"
    }

    def create(self, properties: Properties, context: Context) -> Created:
        given = properties.only("Description", "KeySpec", "KeyUsage", "MultiRegion", "Origin")
        key = context.call("kms", "create_key", Policy=properties.get("KeyPolicy"), **given)["KeyMetadata"]
        key_id = key["KeyId"]
        context.made(key_id)
        if tags := tags_as_list(properties, "TagKey", "TagValue"):
            context.call("kms", "tag_resource", KeyId=key_id, Tags=tags)
        self._set_rotation(key_id, properties, context)
        if properties.get("Enabled") is False:
            context.call("kms", "disable_key", KeyId=key_id)
        properties.only("PendingWindowInDays")  # used on deletion
        return Created(key_id, {"Arn": key["Arn"], "KeyId": key_id})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        key = context.client("kms").describe_key(KeyId=physical_id)["KeyMetadata"]
        context.call("kms", "update_key_description", KeyId=physical_id, Description=properties.get("Description", ""))
        if policy := properties.get("KeyPolicy"):
            context.call("kms", "put_key_policy", KeyId=physical_id, PolicyName="default", Policy=policy)
        self._set_rotation(physical_id, properties, context)
        enabled = properties.get("Enabled", True)
        context.call("kms", "enable_key" if enabled else "disable_key", KeyId=physical_id)
        if tags := tags_as_list(properties, "TagKey", "TagValue"):
            context.call("kms", "tag_resource", KeyId=physical_id, Tags=tags)
        if gone := removed_tags(old, properties):
            context.call("kms", "untag_resource", KeyId=physical_id, TagKeys=gone)
        properties.only("PendingWindowInDays")
        return {"Arn": key["Arn"], "KeyId": physical_id}

    @staticmethod
    def _set_rotation(key_id: str, properties: Properties, context: Context) -> None:
        if properties.get("EnableKeyRotation"):
            period = properties.get("RotationPeriodInDays")
            context.call("kms", "enable_key_rotation", KeyId=key_id, RotationPeriodInDays=period)
        elif "EnableKeyRotation" in properties:
            context.call("kms", "disable_key_rotation", KeyId=key_id)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        days = properties.get("PendingWindowInDays", 30)
        context.call("kms", "schedule_key_deletion", KeyId=physical_id, PendingWindowInDays=days)


class Alias(Adapter):
    resource_type = "AWS::KMS::Alias"
    name_property = "AliasName"

    def create(self, properties: Properties, context: Context) -> Created:
        context.call("kms", "create_alias", **properties.only("AliasName", "TargetKeyId"))
        return Created(properties["AliasName"])

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        context.call("kms", "update_alias", **properties.only("AliasName", "TargetKeyId"))
        return {}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("kms", "delete_alias", AliasName=physical_id)


ADAPTERS = (Key(), Alias())
