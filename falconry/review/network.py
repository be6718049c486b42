"""Openings in the network: security group rules, routes to the internet, and isolation that is turned off."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Network, IPv6Network, ip_network
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly
from falconry.assembly.values import Reader
from falconry.review.comparison import Comparison
from falconry.review.findings import Finding, Topic, attention, danger
from falconry.review.resources import GONE, REPLACING, Action, ResourceChange

WORLD = ("0.0.0.0/0", "::/0")

WAYS_OUT = {
    "AWS::EC2::InternetGateway": "An internet gateway",
    "AWS::EC2::EgressOnlyInternetGateway": "An egress-only internet gateway",
    "AWS::EC2::NatGateway": "A NAT gateway",
    "AWS::EC2::TransitGatewayAttachment": "An attachment to a transit gateway",
    "AWS::EC2::VPCPeeringConnection": "A peering with another VPC",
}
"""Resources that connect a VPC with the outside."""

_PEERS = ("CidrIp", "CidrIpv6", "SourceSecurityGroupId", "DestinationSecurityGroupId", "SourcePrefixListId",
          "DestinationPrefixListId", "SourceSecurityGroupName")  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a security group. `ports` is None for all."""

    incoming: bool
    protocol: str
    ports: tuple[int, int] | None
    peer: str

    def covers(self, other: Rule) -> bool:
        return (
            self.incoming == other.incoming
            and self.protocol in ("-1", other.protocol)
            and (
                self.ports is None
                or (other.ports is not None and self.ports[0] <= other.ports[0] and other.ports[1] <= self.ports[1])
            )
            and (self.peer == other.peer or _contains(self.peer, other.peer))
        )

    @property
    def text(self) -> str:
        """ "TCP 443 from 10.0.0.0/16"."""
        what = "everything" if self.protocol == "-1" else self.protocol.upper()
        if self.ports is not None and self.protocol != "-1":
            what += f" {self.ports[0]}" if self.ports[0] == self.ports[1] else f" {self.ports[0]} to {self.ports[1]}"
        return f"{what} {'from' if self.incoming else 'to'} {self.peer}"


def findings(comparison: Comparison) -> Iterator[Finding]:
    """What the network newly allows, and which parts are rebuilt."""
    changes = comparison.changes
    yield from _rules(comparison.kept.assembly, comparison.head.assembly)
    yield from _ways(comparison.head.assembly, changes)
    yield from _isolation(changes)
    yield from _rebuilt(changes)


def _rules(base: CloudAssembly, head: CloudAssembly) -> Iterator[Finding]:
    old = _security_groups(base)
    for (stack, group), rules in _security_groups(head).items():
        path = head.stacks[stack].path(group) if group in head.stacks[stack].resources else group
        before = old.get((stack, group), [])
        for rule in rules:
            if any(other.covers(rule) for other in before):
                continue
            if rule.incoming and rule.peer in WORLD:
                mend = "Name the addresses or the security group that may connect."
                yield danger(Topic.NETWORK, path, f"Open to the whole internet: {rule.text}.", mend)
            elif (stack, group) in old or (rule.peer in WORLD and stack in base.stacks):
                yield attention(Topic.NETWORK, path, f"Newly allowed: {rule.text}.")


def _security_groups(assembly: CloudAssembly) -> dict[tuple[str, str], list[Rule]]:
    """(stack, logical id or name of the group) to its rules, inline or separate."""
    groups: dict[tuple[str, str], list[Rule]] = {}
    inline_egress = set()
    for stack, logical_id, resource in assembly.of_type("AWS::EC2::SecurityGroup"):
        properties, reader = resource.get("Properties", {}), Reader(assembly, stack)
        rules = groups.setdefault((stack.name, logical_id), [])
        rules += [_rule(True, reader, one) for one in properties.get("SecurityGroupIngress", [])]
        rules += [_rule(False, reader, one) for one in properties.get("SecurityGroupEgress", [])]
        if properties.get("SecurityGroupEgress"):
            inline_egress.add((stack.name, logical_id))
    for stack, _, resource in assembly.of_type("AWS::EC2::SecurityGroupIngress", "AWS::EC2::SecurityGroupEgress"):
        properties, reader = resource["Properties"], Reader(assembly, stack)
        key = (stack.name, _group(properties.get("GroupId"), reader))
        groups.setdefault(key, []).append(_rule(resource["Type"].endswith("Ingress"), reader, properties))
    for key, rules in groups.items():
        # A group without egress rules lets everything out.
        if key not in inline_egress and all(rule.incoming for rule in rules):
            rules.append(Rule(False, "-1", None, "0.0.0.0/0"))
    return groups


def _group(value: Any, reader: Reader) -> str:
    match value:
        case {"Fn::GetAtt": [str(name), _]} | {"Ref": str(name)}:
            return name
    return reader.text(value)


def _rule(incoming: bool, reader: Reader, properties: Mapping[str, Any]) -> Rule:
    first, last = properties.get("FromPort"), properties.get("ToPort")
    protocol = str(properties.get("IpProtocol", "-1"))
    everything = protocol == "-1" or first in (None, -1) or last in (None, -1)
    peer = next((reader.text(properties[name]) for name in _PEERS if name in properties), "an unknown peer")
    return Rule(incoming, protocol, None if everything else (int(str(first)), int(str(last))), peer)


def _contains(wide: str, narrow: str) -> bool:
    one, other = _network(wide), _network(narrow)
    if isinstance(one, IPv4Network) and isinstance(other, IPv4Network):
        return other.subnet_of(one)
    if isinstance(one, IPv6Network) and isinstance(other, IPv6Network):
        return other.subnet_of(one)
    return False


def _network(text: str) -> IPv4Network | IPv6Network | None:
    try:
        return ip_network(text, strict=False)
    except ValueError:
        return None


def _ways(head: CloudAssembly, changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    for change in changes:
        after = (change.after or {}).get("Properties", {})
        before = (change.before or {}).get("Properties", {})
        if change.action == Action.ADDED and change.type in WAYS_OUT:
            what = f"{WAYS_OUT[change.type]} is added: it connects the VPC to the outside."
            yield attention(Topic.NETWORK, change.path, what)
        if change.type == "AWS::EC2::Route" and after != before:
            destination = after.get("DestinationCidrBlock") or after.get("DestinationIpv6CidrBlock")
            if destination in WORLD:
                yield attention(Topic.NETWORK, change.path, f"A route leads to the internet ({destination}).")
        if after.get("MapPublicIpOnLaunch") is True and before.get("MapPublicIpOnLaunch") is not True:
            yield attention(Topic.NETWORK, change.path, "Network interfaces in the subnet get public addresses.")
        if change.type == "AWS::EC2::VPCEndpoint" and change.action in GONE:
            service = Reader(head, change.stack).text(before.get("ServiceName"))
            what = f"The VPC endpoint for `{service}` is removed: unless there is another, calls from the VPC fail."
            yield attention(Topic.NETWORK, change.path, what)


def _isolation(changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    for change in changes:
        if change.type not in ("AWS::SageMaker::Model", "AWS::SageMaker::EndpointConfig") or not change.after:
            continue
        after, before = change.after.get("Properties", {}), (change.before or {}).get("Properties", {})
        if before.get("EnableNetworkIsolation") is True and after.get("EnableNetworkIsolation") is not True:
            what = "Network isolation is turned off: the container may open connections, and prompts may leave the VPC."
            yield danger(Topic.NETWORK, change.path, what, "Keep `EnableNetworkIsolation: true`.")
        if "VpcConfig" in before and "VpcConfig" not in after:
            what = "The model leaves the VPC: its downloads bypass the VPC endpoints and their policies."
            yield danger(Topic.NETWORK, change.path, what, "Keep `VpcConfig`.")


def _rebuilt(changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    """VPCs that are replaced: their range cannot change in place, and nothing inside can move to another."""
    for change in changes:
        if change.type == "AWS::EC2::VPC" and change.action in REPLACING:
            inside = [one for one in changes if one.action in REPLACING and one.type.startswith("AWS::EC2::")]
            what = (
                f"The VPC and {len(inside) - 1} resources in it are replaced. CloudFormation cannot delete the old VPC "
                "while it holds network interfaces of the endpoints and of the gateway function, and leaves it behind."
            )
            mend = (
                "Deploy a second config with the new network, move the callers over, then destroy this one. "
                "Otherwise delete the old VPC by hand after the deploy, and check its peering connections."
            )
            yield danger(Topic.NETWORK, change.path, what, mend)
        if change.type == "AWS::EC2::VPC" and change.action in GONE:
            what = "The VPC is removed: everything in it must have moved by then."
            mend = "Deploy the models and the API into their new network first: `network.existing` of a second config."
            yield danger(Topic.NETWORK, change.path, what, mend)
