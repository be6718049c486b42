"""Quotas of the account, from Service Quotas."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import TYPE_CHECKING

from botocore.exceptions import ClientError

from falconry.aws_errors import code_of

if TYPE_CHECKING:
    from falconry.target import Target


@dataclass(frozen=True, slots=True)
class Quota:
    """One quota as it applies to the account in the region."""

    service: str
    code: str
    name: str
    value: float

    def raise_to(self, wanted: int, region: str) -> str:
        """The command that requests an increase."""
        return (
            f"aws service-quotas request-service-quota-increase --region {region} --service-code {self.service} "
            f"--quota-code {self.code} --desired-value {wanted}"
        )


def by_code(target: Target, service: str, code: str) -> Quota:
    """One quota. Raises ClientError if the service has none of that code."""
    client = target.client("service-quotas")
    try:
        found = client.get_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
    except ClientError as error:
        if code_of(error) != "NoSuchResourceException":
            raise
        # AWS keeps no applied value for some quotas that were never changed.
        found = client.get_aws_default_service_quota(ServiceCode=service, QuotaCode=code)["Quota"]
    return Quota(service, found["QuotaCode"], found["QuotaName"], found["Value"])


def by_name(target: Target, service: str, names: Collection[str]) -> dict[str, Quota]:
    """Those of the service's quotas that have one of these names. It reads the whole list: a few seconds."""
    found: dict[str, Quota] = {}
    pages = target.client("service-quotas").get_paginator("list_service_quotas")
    for page in pages.paginate(ServiceCode=service, PaginationConfig={"PageSize": 100}):
        for quota in page["Quotas"]:
            if quota["QuotaName"] in names:
                found[quota["QuotaName"]] = Quota(service, quota["QuotaCode"], quota["QuotaName"], quota["Value"])
        if len(found) == len(names):
            break
    return found
