"""EC2: security groups and their rules."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Adapter, Context, Created
from .ec2 import put_tags, retag
from .properties import Properties, Values

_RANGES = {
    "CidrIp": ("IpRanges", "CidrIp"),
    "CidrIpv6": ("Ipv6Ranges", "CidrIpv6"),
    "SourceSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "DestinationSecurityGroupId": ("UserIdGroupPairs", "GroupId"),
    "SourcePrefixListId": ("PrefixListIds", "PrefixListId"),
    "DestinationPrefixListId": ("PrefixListIds", "PrefixListId"),
}
_EVERYTHING = {"IpProtocol": "-1", "CidrIp": "0.0.0.0/0"}


def _permission(rule: Mapping[str, Any]) -> Values:
    permission: Values = {"IpProtocol": str(rule["IpProtocol"])}
    for port in ("FromPort", "ToPort"):
        if port in rule:
            permission[port] = int(rule[port])
    for name, (ranges, key) in _RANGES.items():
        if name in rule:
            described = {"Description": rule["Description"]} if "Description" in rule else {}
            permission[ranges] = [{key: rule[name]} | described]
    return permission


class SecurityGroup(Adapter):
    resource_type = "AWS::EC2::SecurityGroup"
    name_property = "GroupName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("GroupName") or context.generated_name(255)
        given = {"GroupName": name, "Description": properties["GroupDescription"], "VpcId": properties.get("VpcId")}
        group = context.call("ec2", "create_security_group", **given)["GroupId"]
        context.made(group)
        put_tags(context, group, properties)
        self._authorize(group, "ingress", properties.get("SecurityGroupIngress") or [], context)
        egress = properties.get("SecurityGroupEgress")
        if egress:
            self._revoke(group, "egress", [_EVERYTHING], context)
            self._authorize(group, "egress", egress, context)
        return Created(group, {"GroupId": group, "Id": group, "VpcId": properties.get("VpcId", "")})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        for direction, name, default in (
            ("ingress", "SecurityGroupIngress", []),
            ("egress", "SecurityGroupEgress", [_EVERYTHING]),
        ):
            before, after = old.get(name) or default, properties.get(name) or default
            self._revoke(physical_id, direction, [rule for rule in before if rule not in after], context)
            self._authorize(physical_id, direction, [rule for rule in after if rule not in before], context)
        retag(context, physical_id, properties, old)
        return {"GroupId": physical_id, "Id": physical_id, "VpcId": properties.get("VpcId", "")}

    @staticmethod
    def _authorize(group: str, direction: str, rules: list[Any], context: Context) -> None:
        if rules:
            permissions = [_permission(rule) for rule in rules]
            context.call("ec2", f"authorize_security_group_{direction}", GroupId=group, IpPermissions=permissions)

    @staticmethod
    def _revoke(group: str, direction: str, rules: list[Any], context: Context) -> None:
        if rules:
            permissions = [_permission(rule) for rule in rules]
            context.call("ec2", f"revoke_security_group_{direction}", GroupId=group, IpPermissions=permissions)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "delete_security_group", GroupId=physical_id)


class SecurityGroupIngress(Adapter):
    resource_type = "AWS::EC2::SecurityGroupIngress"
    direction = "ingress"
    not_carried: ClassVar = {"SourceSecurityGroupOwnerId": "there is one account"}

    def create(self, properties: Properties, context: Context) -> Created:
        answer = context.call(
            "ec2",
            f"authorize_security_group_{self.direction}",
            GroupId=properties["GroupId"],
            IpPermissions=[_permission(properties)],
        )
        rule = answer["SecurityGroupRules"][0]["SecurityGroupRuleId"]
        return Created(rule, {"Id": rule})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self.delete(physical_id, old, context)
        return {"Id": self.create(properties, context).physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call(
            "ec2",
            f"revoke_security_group_{self.direction}",
            GroupId=properties["GroupId"],
            IpPermissions=[_permission(properties)],
        )


class SecurityGroupEgress(SecurityGroupIngress):
    resource_type = "AWS::EC2::SecurityGroupEgress"
    direction = "egress"


ADAPTERS = (SecurityGroup(), SecurityGroupIngress(), SecurityGroupEgress())
