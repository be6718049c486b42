"""WAF web ACLs and Secrets Manager secrets."""

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list


class WebAcl(Adapter):
    resource_type = "AWS::WAFv2::WebACL"
    name_property = "Name"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("Name") or context.generated_name(128)
        request = properties.without("Name", "Tags")
        tags = tags_as_list(properties) or None
        summary = context.call("wafv2", "create_web_acl", Name=name, Tags=tags, **request)["Summary"]
        # `Ref` is these three, as at AWS.
        physical_id = f"{name}|{summary['Id']}|{properties['Scope']}"
        context.made(physical_id)
        return Created(physical_id, self._checked(physical_id, request, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        of_it = self._where(physical_id)
        token = context.call("wafv2", "get_web_acl", **of_it)["LockToken"]
        request = properties.without("Name", "Scope", "Tags")
        context.call("wafv2", "update_web_acl", LockToken=token, **of_it, **request)
        attributes = self._checked(physical_id, request, context)
        if tags := tags_as_list(properties):
            context.call("wafv2", "tag_resource", ResourceARN=attributes["Arn"], Tags=tags)
        if gone := removed_tags(old, properties):
            context.call("wafv2", "untag_resource", ResourceARN=attributes["Arn"], TagKeys=gone)
        return attributes

    @staticmethod
    def _where(physical_id: str) -> Values:
        name, identifier, scope = physical_id.split("|")
        return {"Name": name, "Id": identifier, "Scope": scope}

    def _checked(self, physical_id: str, request: Values, context: Context) -> Values:
        where = self._where(physical_id)
        web_acl = context.call("wafv2", "get_web_acl", **where)["WebACL"]
        context.kept("wafv2", "create_web_acl", request, web_acl, ignoring=("Scope",))
        # Without AWS's price list of rules, one unit a rule stands in for the capacity.
        return {
            "Arn": web_acl["ARN"],
            "Id": where["Id"],
            "Capacity": web_acl.get("Capacity") or len(web_acl.get("Rules", [])),
            "LabelNamespace": web_acl.get("LabelNamespace", f"awswaf:{context.account}:webacl:{where['Name']}:"),
        }

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        of_it = self._where(physical_id)
        token = context.call("wafv2", "get_web_acl", **of_it)["LockToken"]
        context.call("wafv2", "delete_web_acl", LockToken=token, **of_it)


class WebAclAssociation(Adapter):
    resource_type = "AWS::WAFv2::WebACLAssociation"

    def create(self, properties: Properties, context: Context) -> Created:
        context.call("wafv2", "associate_web_acl", **properties.only("WebACLArn", "ResourceArn"))
        return Created(f"{properties['WebACLArn']}|{properties['ResourceArn']}")

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("wafv2", "disassociate_web_acl", ResourceArn=properties["ResourceArn"])


class LoggingConfiguration(Adapter):
    resource_type = "AWS::WAFv2::LoggingConfiguration"

    def create(self, properties: Properties, context: Context) -> Created:
        self._put(properties, context)
        return Created(properties["ResourceArn"], {"ManagedByFirewallManager": False})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._put(properties, context)
        return {"ManagedByFirewallManager": False}

    @staticmethod
    def _put(properties: Properties, context: Context) -> None:
        request = {"LoggingConfiguration": properties.without()}
        answer = context.call("wafv2", "put_logging_configuration", **request)
        context.kept("wafv2", "put_logging_configuration", request, answer)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("wafv2", "delete_logging_configuration", ResourceArn=physical_id)


ADAPTERS = (WebAcl(), WebAclAssociation(), LoggingConfiguration())
