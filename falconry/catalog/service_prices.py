"""Prices of the services around the models: on-demand list prices in us-east-1.

Source: `data/service_prices.json` names it, and the date.
"""

from __future__ import annotations

from dataclasses import dataclass

from falconry.catalog._data import read


@dataclass(frozen=True, slots=True)
class ServicePrices:
    """US dollars.

    Attributes:
        interface_endpoint_hour: an interface VPC endpoint in one zone.
        web_acl_month, web_acl_rule_month, web_acl_million_requests: AWS WAF.
        kms_key_month: a customer-managed key.
        rest_api_million_requests: API Gateway; an answer of more than 10 MB counts as several.
        lambda_million_requests, lambda_arm_gb_second: Lambda on arm64.
    """

    interface_endpoint_hour: float
    web_acl_month: float
    web_acl_rule_month: float
    web_acl_million_requests: float
    kms_key_month: float
    rest_api_million_requests: float
    lambda_million_requests: float
    lambda_arm_gb_second: float


SERVICE_PRICES = ServicePrices(**read("service_prices")["usd"])
SERVICE_PRICES_READ: str = read("service_prices")["read"]
"""When they were read ("2026-11")."""
