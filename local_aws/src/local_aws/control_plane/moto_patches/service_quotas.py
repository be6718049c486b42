"""Service quotas: the project's, Lambda's, and requests for more, which AWS grants at once here."""

import json
from functools import cache
from typing import Any

from moto.core.exceptions import JsonRESTError
from moto.servicequotas.exceptions import NoSuchResource
from moto.servicequotas.models import ServiceQuotasBackend, servicequotas_backends
from moto.servicequotas.resources.default_quotas.vpc import VPC_DEFAULT_QUOTAS
from moto.servicequotas.responses import ServiceQuotasResponse

from local_aws.extensions import account
from local_aws.project import Quota

from .patching import add, replace

LAMBDA_CONCURRENCY = 1000.0
_LAMBDA_CODE = "L-B99A9384"
_PAGE = 100

_NAMES = {"sagemaker": "Amazon SageMaker", "lambda": "AWS Lambda"}


@cache
def _defaults(service: str) -> dict[str, dict[str, Any]]:
    """The service's quotas by code."""
    if service == "vpc":
        return {str(quota["QuotaCode"]): quota for quota in VPC_DEFAULT_QUOTAS}
    if service == "lambda":
        return {_LAMBDA_CODE: _description(Quota(service, _LAMBDA_CODE, "Concurrent executions", LAMBDA_CONCURRENCY))}
    if quotas := {quota.code: _description(quota) for quota in account().quotas() if quota.service == service}:
        return quotas
    raise NoSuchResource


def _description(quota: Quota) -> dict[str, Any]:
    return {
        "ServiceCode": quota.service,
        "ServiceName": _NAMES[quota.service],
        "QuotaCode": quota.code,
        "QuotaName": quota.name,
        "Value": quota.value,
        "Unit": "None",
        "Adjustable": True,
        "GlobalQuota": False,
    }


class Raised:
    """Quotas that were raised, by service and code, of one account and region."""

    def __init__(self) -> None:
        self.values: dict[tuple[str, str], float] = {}


def _raised(backend: ServiceQuotasBackend) -> dict[tuple[str, str], float]:
    if not hasattr(backend, "raised"):
        backend.raised = Raised()  # type: ignore[attr-defined]
    raised: Raised = backend.raised  # type: ignore[attr-defined]
    return raised.values


def _applied(backend: ServiceQuotasBackend, service: str, code: str) -> dict[str, Any]:
    quotas = _defaults(service)
    if code not in quotas:
        raise NoSuchResource
    return quotas[code] | {"Value": _raised(backend).get((service, code), quotas[code]["Value"])}


def lambda_concurrency(account: str, region: str) -> int:
    """How many functions the account runs at once in the region."""
    return int(_applied(servicequotas_backends[account][region], "lambda", _LAMBDA_CODE)["Value"])


def _get_service_quota(self: ServiceQuotasBackend, service_code: str, quota_code: str) -> dict[str, Any]:
    return _applied(self, service_code, quota_code)


def list_service_quotas(self: ServiceQuotasResponse) -> str:
    given = json.loads(self.body)
    service, start = str(given.get("ServiceCode")), int(given.get("NextToken") or 0)
    quotas = [_applied(self.backend, service, code) for code in _defaults(service)]
    end = start + min(int(given.get("MaxResults") or _PAGE), _PAGE)
    more = {"NextToken": str(end)} if end < len(quotas) else {}
    return json.dumps({"Quotas": quotas[start:end], **more})


def request_service_quota_increase(self: ServiceQuotasResponse) -> str:
    given = json.loads(self.body)
    service, code, wanted = given["ServiceCode"], given["QuotaCode"], float(given["DesiredValue"])
    quota = _applied(self.backend, service, code)
    if wanted <= quota["Value"]:
        raise JsonRESTError("IllegalArgumentException", "The desired value must be greater than the current value.")
    _raised(self.backend)[service, code] = wanted
    names = {name: quota[name] for name in ("ServiceCode", "ServiceName", "QuotaCode", "QuotaName")}
    granted = {"Id": f"{code}-{wanted:g}", **names, "DesiredValue": wanted, "Status": "APPROVED"}
    return json.dumps({"RequestedQuota": granted})


def install() -> None:
    # moto knows the VPC's quotas only.
    replace(ServiceQuotasBackend, "get_service_quota", _get_service_quota)
    for method in (list_service_quotas, request_service_quota_increase):
        add(ServiceQuotasResponse, method.__name__, method)
