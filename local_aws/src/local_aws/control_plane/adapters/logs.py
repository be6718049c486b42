"""CloudWatch Logs."""

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_map


class LogGroup(Adapter):
    resource_type = "AWS::Logs::LogGroup"
    name_property = "LogGroupName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("LogGroupName") or context.generated_name(512)
        given = properties.only("KmsKeyId", "LogGroupClass")
        context.call("logs", "create_log_group", logGroupName=name, tags=tags_as_map(properties) or None, **given)
        context.made(name)
        if days := properties.get("RetentionInDays"):
            context.call("logs", "put_retention_policy", logGroupName=name, retentionInDays=days)
        return Created(name, self._attributes(name, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        if days := properties.get("RetentionInDays"):
            context.call("logs", "put_retention_policy", logGroupName=physical_id, retentionInDays=days)
        elif "RetentionInDays" in old:
            context.call("logs", "delete_retention_policy", logGroupName=physical_id)
        if properties.get("KmsKeyId") != old.get("KmsKeyId"):
            if key := properties.get("KmsKeyId"):
                context.call("logs", "associate_kms_key", logGroupName=physical_id, kmsKeyId=key)
            else:
                context.call("logs", "disassociate_kms_key", logGroupName=physical_id)
        if tags := tags_as_map(properties):
            context.call("logs", "tag_log_group", logGroupName=physical_id, tags=tags)
        if gone := removed_tags(old, properties):
            context.call("logs", "untag_log_group", logGroupName=physical_id, tags=gone)
        return self._attributes(physical_id, context)

    @staticmethod
    def _attributes(name: str, context: Context) -> Values:
        return {"Arn": context.arn("logs", f"log-group:{name}:*")}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("logs", "delete_log_group", logGroupName=physical_id)


ADAPTERS = (LogGroup(),)
