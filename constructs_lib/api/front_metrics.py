"""What the front counts of its requests, in its log lines."""

from __future__ import annotations

from typing import Unpack

from aws_cdk import aws_cloudwatch as cloudwatch

from constructs_lib.metrics import MetricOptions, metric
from falconry.names import METRICS_NAMESPACE


class FrontMetricOptions(MetricOptions, total=False):
    """Options, and at most one of the values by which the front counts beside the deployment."""

    model: str
    client: str
    error_code: str


class FrontMetrics:
    """Metrics of the front of the deployment called `deployment` (lambda_src/chat/host/metrics.py)."""

    def __init__(self, deployment: str) -> None:
        self.deployment = deployment

    def metric_requests(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Requests, failed ones too; the only metric that is counted by error code."""
        return self._front_metric("Requests", options)

    def metric_client_errors(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Requests that failed by a fault of the caller."""
        return self._front_metric("ClientErrors", options)

    def metric_server_errors(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Requests that failed by no fault of the caller, streams that broke off among them."""
        return self._front_metric("ServerErrors", options)

    def metric_answer_duration(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Milliseconds to the end of an answer. Default statistic: p95."""
        return self._front_metric("Duration", options, "p95")

    def metric_time_to_first_token(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Milliseconds to the first token of an answer. Default statistic: p95."""
        return self._front_metric("TimeToFirstToken", options, "p95")

    def metric_tokens_per_second(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Tokens per second of an answer. Default statistic: p50."""
        return self._front_metric("TokensPerSecond", options, "p50")

    def metric_prompt_tokens(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Tokens of prompts."""
        return self._front_metric("PromptTokens", options)

    def metric_completion_tokens(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Tokens of answers."""
        return self._front_metric("CompletionTokens", options)

    def metric_audit_failures(self, **options: Unpack[FrontMetricOptions]) -> cloudwatch.Metric:
        """Records of the audit log that could not be written."""
        return self._front_metric("AuditFailures", options)

    def search_requests(self, by: str, *, period: int = 60) -> cloudwatch.MathExpression:
        """A line for each value of the dimension `by` that occurs ("Client", "ErrorCode")."""
        return self._search("Requests", by, period)

    def search_completion_tokens(self, by: str, *, period: int = 60) -> cloudwatch.MathExpression:
        """A line for each value of the dimension `by` that occurs ("Client")."""
        return self._search("CompletionTokens", by, period)

    def _front_metric(self, name: str, options: FrontMetricOptions, statistic: str = "Sum") -> cloudwatch.Metric:
        dimensions = {
            "Deployment": self.deployment,
            "Model": options.get("model"),
            "Client": options.get("client"),
            "ErrorCode": options.get("error_code"),
        }
        given = {name: value for name, value in dimensions.items() if value is not None}
        return metric(METRICS_NAMESPACE, name, given, options, statistic=statistic)

    def _search(self, name: str, by: str, period: int) -> cloudwatch.MathExpression:
        given = f'{{{METRICS_NAMESPACE},Deployment,{by}}} MetricName="{name}" Deployment="{self.deployment}"'
        return cloudwatch.MathExpression(
            expression=f"SEARCH('{given}', 'Sum', {period})", label=f"${{PROP('Dim.{by}')}}"
        )
