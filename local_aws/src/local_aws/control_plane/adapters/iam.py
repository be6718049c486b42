"""IAM roles and policies."""

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list

# What a policy can be attached to: the property, the request's member, the API's noun.
_PRINCIPALS = (("Roles", "RoleName", "role"), ("Users", "UserName", "user"), ("Groups", "GroupName", "group"))


class Role(Adapter):
    resource_type = "AWS::IAM::Role"
    name_property = "RoleName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("RoleName") or context.generated_name()
        given = properties.only("AssumeRolePolicyDocument", "Description", "MaxSessionDuration")
        role = context.call("iam", "create_role", RoleName=name, Tags=tags_as_list(properties) or None, **given)["Role"]
        context.made(name)
        for arn in properties.get("ManagedPolicyArns") or []:
            context.call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
        for policy in properties.get("Policies") or []:
            context.call("iam", "put_role_policy", RoleName=name, **policy)
        return Created(name, {"Arn": role["Arn"], "RoleId": role["RoleId"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        document = properties["AssumeRolePolicyDocument"]
        context.call("iam", "update_assume_role_policy", RoleName=physical_id, PolicyDocument=document)
        context.call(
            "iam",
            "update_role",
            RoleName=physical_id,
            Description=properties.get("Description", ""),
            MaxSessionDuration=properties.get("MaxSessionDuration", 3600),
        )
        self._update_policies(physical_id, properties, old, context)
        if tags := tags_as_list(properties):
            context.call("iam", "tag_role", RoleName=physical_id, Tags=tags)
        if gone := removed_tags(old, properties):
            context.call("iam", "untag_role", RoleName=physical_id, TagKeys=gone)
        role = context.client("iam").get_role(RoleName=physical_id)["Role"]
        return {"Arn": role["Arn"], "RoleId": role["RoleId"]}

    @staticmethod
    def _update_policies(name: str, properties: Properties, old: Values, context: Context) -> None:
        before, after = old.get("ManagedPolicyArns") or [], properties.get("ManagedPolicyArns") or []
        for arn in (arn for arn in after if arn not in before):
            context.call("iam", "attach_role_policy", RoleName=name, PolicyArn=arn)
        for arn in (arn for arn in before if arn not in after):
            context.call("iam", "detach_role_policy", RoleName=name, PolicyArn=arn)
        policies = properties.get("Policies") or []
        for policy in policies:
            context.call("iam", "put_role_policy", RoleName=name, **policy)
        kept = {policy["PolicyName"] for policy in policies}
        for policy in old.get("Policies") or []:
            if policy["PolicyName"] not in kept:
                context.call("iam", "delete_role_policy", RoleName=name, PolicyName=policy["PolicyName"])

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        # Only what the stack itself put on the role and is still there; anything else makes DeleteRole fail, as at AWS.
        client = context.client("iam")
        attached = client.list_attached_role_policies(RoleName=physical_id)["AttachedPolicies"]
        for arn in {policy["PolicyArn"] for policy in attached} & set(properties.get("ManagedPolicyArns") or []):
            context.call("iam", "detach_role_policy", RoleName=physical_id, PolicyArn=arn)
        own = {policy["PolicyName"] for policy in properties.get("Policies") or []}
        for name in own & set(client.list_role_policies(RoleName=physical_id)["PolicyNames"]):
            context.call("iam", "delete_role_policy", RoleName=physical_id, PolicyName=name)
        context.call("iam", "delete_role", RoleName=physical_id)


class InlinePolicy(Adapter):
    resource_type = "AWS::IAM::Policy"

    def create(self, properties: Properties, context: Context) -> Created:
        self._put(properties, context)
        name = context.generated_name(128)
        return Created(name, {"Id": name})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._put(properties, context)
        renamed = old["PolicyName"] != properties["PolicyName"]
        for kind, member, noun in _PRINCIPALS:
            for name in old.get(kind) or []:
                if renamed or name not in (properties.get(kind) or []):
                    context.call("iam", f"delete_{noun}_policy", **{member: name, "PolicyName": old["PolicyName"]})
        return {"Id": physical_id}

    @staticmethod
    def _put(properties: Properties, context: Context) -> None:
        policy = properties.only("PolicyName", "PolicyDocument")
        for kind, member, noun in _PRINCIPALS:
            for name in properties.get(kind) or []:
                context.call("iam", f"put_{noun}_policy", **{member: name}, **policy)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        for kind, member, noun in _PRINCIPALS:
            for name in properties.get(kind) or []:
                given = {member: name, "PolicyName": properties["PolicyName"]}
                context.call("iam", f"delete_{noun}_policy", **given)


class OpenIdConnectProvider(Adapter):
    resource_type = "AWS::IAM::OIDCProvider"

    def create(self, properties: Properties, context: Context) -> Created:
        arn = context.call(
            "iam",
            "create_open_id_connect_provider",
            Url=properties["Url"],
            ClientIDList=properties.get("ClientIdList") or None,
            ThumbprintList=properties.get("ThumbprintList") or None,
            Tags=tags_as_list(properties) or None,
        )["OpenIDConnectProviderArn"]
        return Created(arn, {"Arn": arn})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        if properties["Url"] != old.get("Url") or properties.get("ClientIdList") != old.get("ClientIdList"):
            # moto has neither AddClientID... nor RemoveClientID...
            return super().update(physical_id, properties, old, context)
        if thumbprints := properties.get("ThumbprintList"):
            context.call(
                "iam",
                "update_open_id_connect_provider_thumbprint",
                OpenIDConnectProviderArn=physical_id,
                ThumbprintList=thumbprints,
            )
        if tags := tags_as_list(properties):
            context.call("iam", "tag_open_id_connect_provider", OpenIDConnectProviderArn=physical_id, Tags=tags)
        if gone := removed_tags(old, properties):
            context.call("iam", "untag_open_id_connect_provider", OpenIDConnectProviderArn=physical_id, TagKeys=gone)
        return {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("iam", "delete_open_id_connect_provider", OpenIDConnectProviderArn=physical_id)


ADAPTERS = (Role(), InlinePolicy(), OpenIdConnectProvider())
