"""What Lambda counts of a function."""

from __future__ import annotations

from typing import Unpack

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.metrics import MetricOptions, metric


class FunctionMetrics:
    """Metrics of the function called `function_name` (Lambda developer guide, "Types of metrics for Lambda functions").

    The CDK's own `Function.metric_errors` refers to the function, which would tie the stack that watches it to the
    one that has it.
    """

    def __init__(self, function_name: str) -> None:
        self.function_name = function_name

    def metric_errors(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Invocations that ended in an error: an exception, a timeout, no memory left."""
        return self._function_metric("Errors", options)

    def metric_throttles(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Invocations that Lambda refused for lack of concurrency."""
        return self._function_metric("Throttles", options)

    def metric_duration(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Milliseconds of each invocation. Default statistic: p95."""
        return self._function_metric("Duration", options, "p95")

    def metric_concurrent_executions(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Invocations under way. Default statistic: Maximum."""
        return self._function_metric("ConcurrentExecutions", options, "Maximum")

    def _function_metric(self, name: str, options: MetricOptions, statistic: str = "Sum") -> cloudwatch.Metric:
        return metric("AWS/Lambda", name, {"FunctionName": self.function_name}, options, statistic=statistic)
