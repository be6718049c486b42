"""What SageMaker counts of an endpoint, and what the endpoint's instances report."""

from __future__ import annotations

from typing import Unpack

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.metrics import MetricOptions, metric
from falconry.names import INSTANCE_METRICS_NAMESPACE

VARIANT_NAME = "AllTraffic"
"""Never changed: SageMaker's deployment guardrails refuse an update that renames the variant."""


class EndpointMetrics:
    """Metrics of the endpoint called `endpoint_name` (SageMaker developer guide, "Metrics for monitoring Amazon
    SageMaker AI with Amazon CloudWatch")."""

    def __init__(self, endpoint_name: str) -> None:
        self.endpoint_name = endpoint_name

    def metric_invocations(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Calls of the endpoint."""
        return self._metric("Invocations", options)

    def metric_client_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Calls that the container answered with a 4xx."""
        return self._metric("Invocation4XXErrors", options)

    def metric_server_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Calls that ended in a 5xx."""
        return self._metric("Invocation5XXErrors", options)

    def metric_model_latency(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Microseconds that the container took. Default statistic: p95."""
        return self._metric("ModelLatency", options, "p95")

    def metric_concurrent_requests(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests under way in an instance. Default statistic: Maximum."""
        return self._metric("ConcurrentRequestsPerModel", options, "Maximum")

    def metric_instances(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """How many instances there are: each reports the use of its CPUs once a minute."""
        return self._instance_metric("CPUUtilization", {"statistic": "SampleCount", **options})

    def metric_cpu_utilization(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Percent of one CPU, added up over all of an instance's. Default statistic: Average."""
        return self._instance_metric("CPUUtilization", options)

    def metric_memory_utilization(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Percent of an instance's memory. Default statistic: Average."""
        return self._instance_metric("MemoryUtilization", options)

    def metric_disk_utilization(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Percent of an instance's disk. Default statistic: Maximum."""
        return self._instance_metric("DiskUtilization", {"statistic": "Maximum", **options})

    def metric_gpu_utilization(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Percent of one GPU, added up over all of an instance's. Default statistic: Average."""
        return self._instance_metric("GPUUtilization", options)

    def metric_gpu_memory_utilization(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Percent of one GPU's memory, added up over all of an instance's. Default statistic: Average."""
        return self._instance_metric("GPUMemoryUtilization", options)

    def _metric(self, name: str, options: MetricOptions, statistic: str = "Sum") -> cloudwatch.Metric:
        return metric("AWS/SageMaker", name, self._dimensions(), options, statistic=statistic)

    def _instance_metric(self, name: str, options: MetricOptions) -> cloudwatch.Metric:
        return metric(INSTANCE_METRICS_NAMESPACE, name, self._dimensions(), options, statistic="Average")

    def _dimensions(self) -> dict[str, str]:
        return {"EndpointName": self.endpoint_name, "VariantName": VARIANT_NAME}
