"""A CloudWatch metric, as dashboards and alarms name it, and those of the services that a deployment is made of.

Which of them exist, with which dimensions, stands with its source in tests/infrastructure/emitted_metrics.yaml.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from constructs_lib.api.chat_api import STAGE_NAME
from constructs_lib.model.falcon_endpoint import VARIANT_NAME
from falconry.names import INSTANCE_METRICS_NAMESPACE, METRICS_NAMESPACE


@dataclass(frozen=True, slots=True)
class Metric:
    """One metric and the statistic that is asked of it ("Sum", "p95")."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str = "Sum"

    def as_(self, statistic: str) -> Metric:
        """The same metric by another statistic."""
        return replace(self, statistic=statistic)

    def line(self, **options: Any) -> list[Any]:
        """The metric in a dashboard's widget ("Dashboard body structure and syntax"), with options such as `label`."""
        flat = [part for pair in self.dimensions.items() for part in pair]
        return [self.namespace, self.name, *flat, {"stat": self.statistic, **options}]

    def query(self, query_id: str, period: int) -> dict[str, Any]:
        """The metric in an alarm's calculation, over periods of so many seconds; it is not itself compared."""
        return {
            "id": query_id,
            "metricStat": {
                "metric": {
                    "namespace": self.namespace,
                    "metricName": self.name,
                    "dimensions": [{"name": name, "value": value} for name, value in self.dimensions.items()],
                },
                "period": period,
                "stat": self.statistic,
            },
            "returnData": False,
        }


def of_front(deployment: str, name: str, **by: str) -> Metric:
    """What the front counts in its log lines, for the deployment or by `Model`, `Client` or `ErrorCode`."""
    return Metric(METRICS_NAMESPACE, name, {"Deployment": deployment, **by})


def of_endpoint(endpoint: str, name: str) -> Metric:
    """What SageMaker counts of an endpoint's invocations."""
    return Metric("AWS/SageMaker", name, {"EndpointName": endpoint, "VariantName": VARIANT_NAME})


def of_instances(endpoint: str, name: str) -> Metric:
    """What an endpoint's instances report, one sample a minute each."""
    return Metric(
        INSTANCE_METRICS_NAMESPACE, name, {"EndpointName": endpoint, "VariantName": VARIANT_NAME}, statistic="Average"
    )


def of_api(api_name: str, name: str) -> Metric:
    """What API Gateway counts of the API's stage."""
    return Metric("AWS/ApiGateway", name, {"ApiName": api_name, "Stage": STAGE_NAME})


def of_function(function_name: str, name: str) -> Metric:
    """What Lambda counts of a function."""
    return Metric("AWS/Lambda", name, {"FunctionName": function_name})


def of_web_acl(web_acl: str, region: str, name: str) -> Metric:
    """What AWS WAF counts of a web ACL, by all of its rules together."""
    return Metric("AWS/WAFV2", name, {"WebACL": web_acl, "Region": region, "Rule": "ALL"})
