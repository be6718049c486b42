"""Systems Manager's parameter store."""

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list


class Parameter(Adapter):
    resource_type = "AWS::SSM::Parameter"
    name_property = "Name"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("Name") or context.generated_name()
        given = properties.without("Name", "Tags")
        context.call("ssm", "put_parameter", Name=name, Tags=tags_as_list(properties) or None, **given)
        return Created(
            name, {"Type": properties["Type"], "Value": properties["Value"], "Arn": self._arn(name, context)}
        )

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        given = properties.without("Name", "Tags")
        context.call("ssm", "put_parameter", Name=physical_id, Overwrite=True, **given)
        of_it = {"ResourceType": "Parameter", "ResourceId": physical_id}
        if tags := tags_as_list(properties):
            context.call("ssm", "add_tags_to_resource", Tags=tags, **of_it)
        if gone := removed_tags(old, properties):
            context.call("ssm", "remove_tags_from_resource", TagKeys=gone, **of_it)
        return {"Type": properties["Type"], "Value": properties["Value"], "Arn": self._arn(physical_id, context)}

    @staticmethod
    def _arn(name: str, context: Context) -> str:
        return context.arn("ssm", f"parameter/{name.removeprefix('/')}")

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ssm", "delete_parameter", Name=physical_id)


ADAPTERS = (Parameter(),)
