"""How much of AWS's small services a deployment uses, and what that costs by list prices."""

from __future__ import annotations

from dataclasses import dataclass

from falconry.assembly.cloud_assembly import CloudAssembly
from falconry.catalog import SERVICE_PRICES

HOURS_PER_MONTH = 730
"""As AWS reckons."""


@dataclass(frozen=True, slots=True)
class ServiceUsage:
    """Amounts that are billed by the hour or the month, used or not; and what a request passes through.

    Attributes:
        endpoint_zones: interface VPC endpoints, each counted once a zone.
        web_acls, web_acl_rules: of AWS WAF.
        kms_keys: customer-managed keys.
        gateway_gb: memory of the gateway function.
    """

    endpoint_zones: int
    web_acls: int
    web_acl_rules: int
    kms_keys: int
    gateway_gb: float

    @classmethod
    def of_assembly(cls, assembly: CloudAssembly) -> ServiceUsage:
        """What the templates hold."""
        endpoints = [one["Properties"] for _, _, one in assembly.of_type("AWS::EC2::VPCEndpoint")]
        rules = [len(one["Properties"].get("Rules", [])) for _, _, one in assembly.of_type("AWS::WAFv2::WebACL")]
        functions = [one["Properties"] for _, _, one in assembly.of_type("AWS::Lambda::Function")]
        return cls(
            endpoint_zones=sum(
                len(one.get("SubnetIds", [])) for one in endpoints if one.get("VpcEndpointType") == "Interface"
            ),
            web_acls=len(rules),
            web_acl_rules=sum(rules),
            kms_keys=assembly.count("AWS::KMS::Key"),
            # The gateway function is the one with places of its own.
            gateway_gb=sum(one["MemorySize"] / 1024 for one in functions if "ReservedConcurrentExecutions" in one),
        )

    def usd_per_month(self) -> dict[str, float]:
        """What is billed whether it is used or not, by service; without services that are not there."""
        prices = SERVICE_PRICES
        bill = {
            "interface VPC endpoints": self.endpoint_zones * prices.interface_endpoint_hour * HOURS_PER_MONTH,
            "web ACL": self.web_acls * prices.web_acl_month + self.web_acl_rules * prices.web_acl_rule_month,
            "KMS keys": self.kms_keys * prices.kms_key_month,
        }
        return {service: usd for service, usd in bill.items() if usd}

    def usd_per_request(self, seconds: float) -> float:
        """What API Gateway, AWS WAF and Lambda ask for one request that takes so long."""
        prices = SERVICE_PRICES
        per_million = prices.rest_api_million_requests + prices.lambda_million_requests
        if self.web_acls:
            per_million += prices.web_acl_million_requests
        return per_million / 1e6 + seconds * self.gateway_gb * prices.lambda_arm_gb_second
