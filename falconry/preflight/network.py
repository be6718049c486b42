"""Checks of the network: zones, VPC, VPC endpoints, API Gateway, certificate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from falconry.aws_errors import code_of
from falconry.preflight.check import Check, failed, ok, unknown, warning
from falconry.preflight.service_quotas import by_code
from falconry.settings import ExistingVpcSettings

if TYPE_CHECKING:
    from falconry.target import Target

VPCS_CODE = "L-F678F1CE"
"""The quota "VPCs per Region" of the service `vpc`."""


def zones(target: Target) -> Sequence[Check]:
    """Which zones have the instance types. EC2 says so; SageMaker, which has its own machines, does not."""
    ec2, settings = target.client("ec2"), target.settings
    used = _zones_used(target)
    types = list(dict.fromkeys(model.instance_type.removeprefix("ml.") for model in settings.models))
    offered: defaultdict[str, set[str]] = defaultdict(set)
    pages = ec2.get_paginator("describe_instance_type_offerings").paginate(
        LocationType="availability-zone", Filters=[{"Name": "instance-type", "Values": types}]
    )
    for page in pages:
        for offering in page["InstanceTypeOfferings"]:
            offered[offering["InstanceType"]].add(offering["Location"])
    return [_zone_check(target, name, offered[name], used) for name in types]


def _zone_check(target: Target, name: str, offered: set[str], used: Sequence[str]) -> Check:
    subject = f"zones with ml.{name}"
    having = sorted(offered)
    if not having:
        mend = "Use another instance type or region: `falconry models MODEL` lists the types that it runs on."
        return warning(
            subject,
            f"EC2 does not offer {name} in {target.settings.region} (a hint: SageMaker does not say)",
            mend,
        )
    common = sorted(offered & set(used))
    if not common:
        named = ", ".join([*having, *(zone for zone in used if zone not in having)][:2])
        mend = f"network: {{zone_names: [{named}]}}"
        if target.settings.network.existing:
            mend = f"Name subnets in {', '.join(having)}."
        found = f"EC2 offers it in {', '.join(having)} (a hint: SageMaker does not say)"
        found += f"; the config uses {', '.join(used)}"
        return warning(subject, found, mend)
    return ok(subject, f"{', '.join(common)} of {', '.join(used)} (a hint: SageMaker does not say)")


def _zones_used(target: Target) -> Sequence[str]:
    network, ec2 = target.settings.network, target.client("ec2")
    if network.existing:
        subnets = ec2.describe_subnets(SubnetIds=list(network.existing.subnet_ids))["Subnets"]
        return sorted({subnet["AvailabilityZone"] for subnet in subnets})
    if network.zone_names:
        return network.zone_names
    found = ec2.describe_availability_zones(Filters=[{"Name": "zone-type", "Values": ["availability-zone"]}])
    zones = sorted(zone["ZoneName"] for zone in found["AvailabilityZones"] if zone.get("State") == "available")
    return zones[: network.zones]


def vpc(target: Target) -> Sequence[Check]:
    """Room for a new VPC, or the state of the existing one."""
    existing = target.settings.network.existing
    return _existing_vpc(target, existing) if existing else _new_vpc(target)


def _new_vpc(target: Target) -> Sequence[Check]:
    subject, settings = "VPCs in the region", target.settings
    try:
        target.client("cloudformation").describe_stacks(StackName=settings.names.stack("network"))
        return [ok(subject, "the deployment already has its VPC")]
    except ClientError as error:
        if "does not exist" not in str(error):
            raise
    pages = target.client("ec2").get_paginator("describe_vpcs").paginate()
    count = sum(len(page["Vpcs"]) for page in pages)
    quota = by_code(target, "vpc", VPCS_CODE)
    if count >= quota.value:
        mend = quota.raise_to(count + 1, settings.region)
        return [failed(subject, f"{count} of {quota.value:.0f}: no room for one more", mend)]
    return [ok(subject, f"{count} of {quota.value:.0f}; the deploy creates one more")]


def _existing_vpc(target: Target, existing: ExistingVpcSettings) -> Sequence[Check]:
    ec2, subject = target.client("ec2"), f"VPC {existing.vpc_id}"
    try:
        dns = [
            ec2.describe_vpc_attribute(VpcId=existing.vpc_id, Attribute=name)[name[0].upper() + name[1:]]["Value"]
            for name in ("enableDnsSupport", "enableDnsHostnames")
        ]
        subnets = ec2.describe_subnets(SubnetIds=list(existing.subnet_ids))["Subnets"]
    except ClientError as error:
        if "NotFound" not in code_of(error):
            raise
        mend = (
            f"aws ec2 describe-subnets --region {target.settings.region} --filters Name=vpc-id,Values={existing.vpc_id}"
        )
        return [failed(subject, error.response["Error"]["Message"], mend)]
    checks = [_dns(target, subject, existing, all(dns)), _subnets(existing, subnets)]
    return [*checks, *_endpoints(target, existing)]


def _dns(target: Target, subject: str, existing: ExistingVpcSettings, on: bool) -> Check:
    if on:
        return ok(subject, "DNS support and DNS host names are on")
    mend = (
        f"aws ec2 modify-vpc-attribute --region {target.settings.region} --vpc-id {existing.vpc_id} "
        "--enable-dns-hostnames (and again with --enable-dns-support)"
    )
    return failed(
        subject,
        "DNS support or DNS host names are off: the names of AWS's services would not resolve to its endpoints",
        mend,
    )


def _subnets(existing: ExistingVpcSettings, subnets: Sequence[Mapping[str, Any]]) -> Check:
    zones = sorted({subnet["AvailabilityZone"] for subnet in subnets})
    strangers = [subnet["SubnetId"] for subnet in subnets if subnet["VpcId"] != existing.vpc_id]
    if strangers:
        mend = f"List subnets of {existing.vpc_id}, or correct vpc_id."
        return failed("subnets", f"{', '.join(strangers)} belong to another VPC", mend)
    if len(zones) < 2:
        return failed("subnets", f"all are in {zones[0]}; two zones are needed", "Add a subnet in another zone.")
    return ok("subnets", f"{len(subnets)} in {', '.join(zones)}")


def _endpoints(target: Target, existing: ExistingVpcSettings) -> Sequence[Check]:
    """The existing VPC's own endpoints: needed where the deploy creates none, in conflict where it does."""
    region = target.settings.region
    found = target.client("ec2").describe_vpc_endpoints(Filters=[{"Name": "vpc-id", "Values": [existing.vpc_id]}])
    own = {
        endpoint["ServiceName"].removeprefix(f"com.amazonaws.{region}."): endpoint
        for endpoint in found["VpcEndpoints"]
        if endpoint.get("State", "available").lower() != "deleted"
        and not any(tag["Key"] == "falconry:deployment" for tag in endpoint.get("Tags", []))
    }
    if existing.create_endpoints:
        runtime = own.get("sagemaker.runtime")
        if runtime and runtime.get("PrivateDnsEnabled"):
            found_it = (
                f"{runtime['VpcEndpointId']} already serves the SageMaker runtime; a VPC can have one with private DNS"
            )
            return [failed("VPC endpoints", found_it, "Set `create_endpoints: false` in `network.existing`.")]
        return []
    missing = [service for service in ("s3", "sagemaker.runtime") if service not in own]
    if missing:
        mend = "Set `create_endpoints: true` and the subnets' route_table_ids, or create them."
        return [failed("VPC endpoints", f"the VPC has none for {' and '.join(missing)}", mend)]
    if not own["sagemaker.runtime"].get("PrivateDnsEnabled"):
        mend = (
            f"aws ec2 modify-vpc-endpoint --region {region} --private-dns-enabled "
            f"--vpc-endpoint-id {own['sagemaker.runtime']['VpcEndpointId']}"
        )
        return [
            failed(
                "VPC endpoints",
                "the one for the SageMaker runtime has no private DNS: calls would not reach it",
                mend,
            )
        ]
    return [ok("VPC endpoints", "the VPC has its own for S3 and the SageMaker runtime")]


def services(target: Target) -> Sequence[Check]:
    """That the region has the services of the VPC endpoints."""
    region = target.settings.region
    services = [f"com.amazonaws.{region}.{service}" for service in ("s3", "sagemaker.runtime")]
    subject = "VPC endpoint services"
    try:
        target.client("ec2").describe_vpc_endpoint_services(ServiceNames=services)
    except ClientError as error:
        if code_of(error) != "InvalidServiceName":
            raise
        return [failed(subject, f"{region}: {error.response['Error']['Message']}", "Use another region.")]
    return [ok(subject, f"available for S3 and the SageMaker runtime in {region}")]


def api(target: Target) -> Sequence[Check]:
    """That API Gateway answers; its role for logs, VPC endpoints and certificate."""
    role = target.client("apigateway").get_account().get("cloudwatchRoleArn")
    known = (
        "the deploy replaces the account's role for logs" if role else "the deploy creates the account's role for logs"
    )
    return [ok("API Gateway", f"available; {known}"), *_private_endpoints(target), *_certificate(target)]


def _private_endpoints(target: Target) -> Sequence[Check]:
    ids = target.settings.api.vpc_endpoint_ids
    if not ids:
        return []
    try:
        target.client("ec2").describe_vpc_endpoints(VpcEndpointIds=list(ids))
    except ClientError as error:
        if "NotFound" not in code_of(error):
            raise
        found = f"{error.response['Error']['Message']} A private API may have callers in another account."
        return [
            warning("api.vpc_endpoint_ids", found, f"aws ec2 describe-vpc-endpoints --vpc-endpoint-ids {' '.join(ids)}")
        ]
    return [ok("api.vpc_endpoint_ids", f"{', '.join(ids)} exist")]


def _certificate(target: Target) -> Sequence[Check]:
    domain = target.settings.api.domain
    if domain is None:
        return []
    subject, region = f"certificate of {domain.name}", target.settings.region
    if domain.certificate_arn.split(":")[3] != region:
        mend = f"aws acm request-certificate --region {region} --validation-method DNS --domain-name {domain.name}"
        return [failed(subject, f"it is in another region; a regional API needs it in {region}", mend)]
    client = target.client("acm")
    try:
        found = client.describe_certificate(CertificateArn=domain.certificate_arn)["Certificate"]
    except client.exceptions.ResourceNotFoundException:
        mend = f"aws acm list-certificates --region {region}"
        return [failed(subject, f"{domain.certificate_arn} does not exist", mend)]
    covered = {found["DomainName"], *found.get("SubjectAlternativeNames", [])}
    if not covered & {domain.name, f"*.{domain.name.partition('.')[2]}"}:
        mend = f"aws acm request-certificate --region {region} --validation-method DNS --domain-name {domain.name}"
        return [failed(subject, f"it is for {', '.join(sorted(covered))}", mend)]
    if found["Status"] != "ISSUED":
        mend = f"aws acm describe-certificate --region {region} --certificate-arn {domain.certificate_arn}"
        return [unknown(subject, f"{found['Status']}: not valid yet", mend)]
    return [ok(subject, "issued")]
