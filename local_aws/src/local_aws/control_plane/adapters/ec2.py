"""EC2: networks, their routes and endpoints."""

from collections.abc import Mapping
from typing import Any

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list


def put_tags(context: Context, physical_id: str, properties: Mapping[str, Any]) -> None:
    """Puts the properties' tags on a resource of EC2."""
    if tags := tags_as_list(properties):
        context.call("ec2", "create_tags", Resources=[physical_id], Tags=tags)


def retag(context: Context, physical_id: str, properties: Properties, old: Values) -> None:
    """Puts the new tags and takes away those that the properties no longer have."""
    put_tags(context, physical_id, properties)
    if gone := removed_tags(old, properties):
        context.call("ec2", "delete_tags", Resources=[physical_id], Tags=[{"Key": key} for key in gone])


class Vpc(Adapter):
    resource_type = "AWS::EC2::VPC"

    def create(self, properties: Properties, context: Context) -> Created:
        vpc = context.call("ec2", "create_vpc", **properties.only("CidrBlock", "InstanceTenancy"))["Vpc"]
        vpc_id = vpc["VpcId"]
        context.made(vpc_id)
        put_tags(context, vpc_id, properties)
        self._set_dns(vpc_id, properties, context)
        return Created(vpc_id, self._attributes(vpc_id, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._set_dns(physical_id, properties, context)
        retag(context, physical_id, properties, old)
        return self._attributes(physical_id, context)

    @staticmethod
    def _set_dns(vpc_id: str, properties: Properties, context: Context) -> None:
        support = properties.get("EnableDnsSupport", True)
        hostnames = properties.get("EnableDnsHostnames", False)
        context.call("ec2", "modify_vpc_attribute", VpcId=vpc_id, EnableDnsSupport={"Value": support})
        context.call("ec2", "modify_vpc_attribute", VpcId=vpc_id, EnableDnsHostnames={"Value": hostnames})

    @staticmethod
    def _attributes(vpc_id: str, context: Context) -> Values:
        in_vpc = [{"Name": "vpc-id", "Values": [vpc_id]}]
        client = context.client("ec2")
        vpc = client.describe_vpcs(VpcIds=[vpc_id])["Vpcs"][0]
        groups = client.describe_security_groups(Filters=[*in_vpc, {"Name": "group-name", "Values": ["default"]}])
        acls = client.describe_network_acls(Filters=[*in_vpc, {"Name": "default", "Values": ["true"]}])
        return {
            "VpcId": vpc_id,
            "CidrBlock": vpc["CidrBlock"],
            "CidrBlockAssociations": [item["AssociationId"] for item in vpc.get("CidrBlockAssociationSet", [])],
            "DefaultSecurityGroup": groups["SecurityGroups"][0]["GroupId"],
            "DefaultNetworkAcl": acls["NetworkAcls"][0]["NetworkAclId"],
            "Ipv6CidrBlocks": [],
        }

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "delete_vpc", VpcId=physical_id)


class Subnet(Adapter):
    resource_type = "AWS::EC2::Subnet"

    def create(self, properties: Properties, context: Context) -> Created:
        given = properties.only("VpcId", "CidrBlock", "AvailabilityZone", "AvailabilityZoneId", "Ipv6CidrBlock")
        subnet = context.call("ec2", "create_subnet", **given)["Subnet"]
        subnet_id = subnet["SubnetId"]
        context.made(subnet_id)
        put_tags(context, subnet_id, properties)
        self._set_public(subnet_id, properties, context)
        return Created(subnet_id, self._attributes(subnet_id, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._set_public(physical_id, properties, context)
        retag(context, physical_id, properties, old)
        return self._attributes(physical_id, context)

    @staticmethod
    def _set_public(subnet_id: str, properties: Properties, context: Context) -> None:
        public = {"Value": properties.get("MapPublicIpOnLaunch", False)}
        context.call("ec2", "modify_subnet_attribute", SubnetId=subnet_id, MapPublicIpOnLaunch=public)

    @staticmethod
    def _attributes(subnet_id: str, context: Context) -> Values:
        client = context.client("ec2")
        subnet = client.describe_subnets(SubnetIds=[subnet_id])["Subnets"][0]
        acls = client.describe_network_acls(Filters=[{"Name": "association.subnet-id", "Values": [subnet_id]}])
        associations = [
            association["NetworkAclAssociationId"]
            for acl in acls["NetworkAcls"]
            for association in acl["Associations"]
            if association["SubnetId"] == subnet_id
        ]
        return {
            "SubnetId": subnet_id,
            "AvailabilityZone": subnet["AvailabilityZone"],
            "AvailabilityZoneId": subnet.get("AvailabilityZoneId", ""),
            "CidrBlock": subnet["CidrBlock"],
            "VpcId": subnet["VpcId"],
            "NetworkAclAssociationId": associations[0] if associations else "",
            "Ipv6CidrBlocks": [],
        }

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "delete_subnet", SubnetId=physical_id)


class RouteTable(Adapter):
    resource_type = "AWS::EC2::RouteTable"

    def create(self, properties: Properties, context: Context) -> Created:
        table = context.call("ec2", "create_route_table", VpcId=properties["VpcId"])["RouteTable"]["RouteTableId"]
        context.made(table)
        put_tags(context, table, properties)
        return Created(table, {"RouteTableId": table})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        retag(context, physical_id, properties, old)
        return {"RouteTableId": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "delete_route_table", RouteTableId=physical_id)


class SubnetRouteTableAssociation(Adapter):
    resource_type = "AWS::EC2::SubnetRouteTableAssociation"

    def create(self, properties: Properties, context: Context) -> Created:
        answer = context.call("ec2", "associate_route_table", **properties.only("SubnetId", "RouteTableId"))
        return Created(answer["AssociationId"], {"Id": answer["AssociationId"]})

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "disassociate_route_table", AssociationId=physical_id)


class VpcEndpoint(Adapter):
    resource_type = "AWS::EC2::VPCEndpoint"

    def create(self, properties: Properties, context: Context) -> Created:
        given = properties.without("Tags", "VpcEndpointType")
        kind = properties.get("VpcEndpointType", "Gateway")
        endpoint = context.call("ec2", "create_vpc_endpoint", VpcEndpointType=kind, **given)["VpcEndpoint"]
        endpoint_id = endpoint["VpcEndpointId"]
        context.made(endpoint_id)
        put_tags(context, endpoint_id, properties)
        return Created(endpoint_id, self._attributes(endpoint_id, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        changes: Values = properties.only("PolicyDocument", "PrivateDnsEnabled", "IpAddressType", "DnsOptions")
        for name in ("RouteTableIds", "SubnetIds", "SecurityGroupIds"):
            before, after = old.get(name) or [], properties.get(name) or []
            stem = name.removesuffix("s")
            if added := [item for item in after if item not in before]:
                changes[f"Add{stem}s"] = added
            if gone := [item for item in before if item not in after]:
                changes[f"Remove{stem}s"] = gone
        context.call("ec2", "modify_vpc_endpoint", VpcEndpointId=physical_id, **changes)
        retag(context, physical_id, properties, old)
        return self._attributes(physical_id, context)

    @staticmethod
    def _attributes(endpoint_id: str, context: Context) -> Values:
        (endpoint,) = context.client("ec2").describe_vpc_endpoints(VpcEndpointIds=[endpoint_id])["VpcEndpoints"]
        return {
            "Id": endpoint_id,
            "CreationTimestamp": str(endpoint.get("CreationTimestamp", "")),
            "DnsEntries": [
                f"{item.get('HostedZoneId', '')}:{item['DnsName']}" for item in endpoint.get("DnsEntries", [])
            ],
            "NetworkInterfaceIds": endpoint.get("NetworkInterfaceIds", []),
        }

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "delete_vpc_endpoints", VpcEndpointIds=[physical_id])


class FlowLog(Adapter):
    resource_type = "AWS::EC2::FlowLog"

    def create(self, properties: Properties, context: Context) -> Created:
        given = properties.without("Tags", "ResourceId")
        answer = context.call("ec2", "create_flow_logs", ResourceIds=[properties["ResourceId"]], **given)
        for failure in answer.get("Unsuccessful", []):
            raise ValueError(failure["Error"]["Message"])
        flow_log = answer["FlowLogIds"][0]
        context.made(flow_log)
        put_tags(context, flow_log, properties)
        return Created(flow_log, {"Id": flow_log})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        retag(context, physical_id, properties, old)
        return {"Id": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("ec2", "delete_flow_logs", FlowLogIds=[physical_id])


ADAPTERS = (
    Vpc(),
    Subnet(),
    RouteTable(),
    SubnetRouteTableAssociation(),
    VpcEndpoint(),
    FlowLog(),
)
