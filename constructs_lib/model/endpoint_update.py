"""How a changed endpoint replaces the serving one, and what rolls it back (SageMaker's deployment guardrails)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sagemaker as sagemaker
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.api.front_metrics import FrontMetrics
from constructs_lib.logical_id import keep_logical_id, path_below_stack
from constructs_lib.model.endpoint_metrics import EndpointMetrics
from falconry.catalog.endpoint_updates import LONGEST_UPDATE_SECONDS

Strategy = Literal["all_at_once", "canary", "linear", "rolling"]

LONGEST_UPDATE = Duration.seconds(LONGEST_UPDATE_SECONDS)
"""SageMaker's maximum: an instance may take two hours until it serves, its weights' download and its container's
start."""

SLOW_FIRST_TOKEN = Duration.seconds(30)
"""A prefill of 1024 tokens takes a second or two, so a later first token means that requests are queuing."""

Endpoint = sagemaker.CfnEndpoint
Component = sagemaker.CfnInferenceComponent


@dataclass(frozen=True, slots=True)
class EndpointUpdate:
    """Steps and waits of an update.

    Attributes:
        step_percent: the share of the fleet in a step or batch; unused for "all_at_once".
        bake: the wait between steps, and before the old fleet is deleted, in which an alarm rolls back.
    """

    strategy: Strategy
    step_percent: int
    bake: Duration

    def of_endpoint(self, alarm_names: Sequence[str]) -> Endpoint.DeploymentConfigProperty:
        """For an endpoint, whose fleet of instances is replaced."""
        rollback = Endpoint.AutoRollbackConfigProperty(
            alarms=[Endpoint.AlarmProperty(alarm_name=name) for name in alarm_names]
        )
        seconds = self.bake.to_seconds()
        share = Endpoint.CapacitySizeProperty(type="CAPACITY_PERCENT", value=self.step_percent)
        longest = LONGEST_UPDATE.to_seconds()
        if self.strategy == "rolling":
            return Endpoint.DeploymentConfigProperty(
                rolling_update_policy=Endpoint.RollingUpdatePolicyProperty(
                    maximum_batch_size=share,
                    wait_interval_in_seconds=seconds,
                    maximum_execution_timeout_in_seconds=longest,
                ),
                auto_rollback_configuration=rollback if alarm_names else None,
            )
        return Endpoint.DeploymentConfigProperty(
            blue_green_update_policy=Endpoint.BlueGreenUpdatePolicyProperty(
                traffic_routing_configuration=Endpoint.TrafficRoutingConfigProperty(
                    type=self.strategy.upper(),
                    wait_interval_in_seconds=0 if self.strategy == "all_at_once" else seconds,
                    canary_size=share if self.strategy == "canary" else None,
                    linear_step_size=share if self.strategy == "linear" else None,
                ),
                termination_wait_in_seconds=seconds,
                maximum_execution_timeout_in_seconds=longest,
            ),
            auto_rollback_configuration=rollback if alarm_names else None,
        )

    def of_component(self, alarm_names: Sequence[str]) -> Component.InferenceComponentDeploymentConfigProperty:
        """For an inference component, whose copies are replaced one by one."""
        return Component.InferenceComponentDeploymentConfigProperty(
            rolling_update_policy=Component.InferenceComponentRollingUpdatePolicyProperty(
                maximum_batch_size=Component.InferenceComponentCapacitySizeProperty(type="COPY_COUNT", value=1),
                wait_interval_in_seconds=self.bake.to_seconds(),
                maximum_execution_timeout_in_seconds=LONGEST_UPDATE.to_seconds(),
            ),
            auto_rollback_configuration=Component.AutoRollbackConfigurationProperty(
                alarms=[Component.AlarmProperty(alarm_name=name) for name in alarm_names]
            )
            if alarm_names
            else None,
        )


class RollbackAlarms(Construct):
    """Alarms on what a bad update would do: the endpoint's errors, a slow first token, failures of the front.

    They look at the last few minutes and treat missing data as healthy, so that an idle endpoint can be updated.

    Args:
        front: the deployment's front.
        model: the model's name, a dimension of the front's metrics.
        endpoint: the model's endpoint.
        first_token_limit: the 95th percentile of the time to the first token may be this long. Default: 30 s.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        front: FrontMetrics,
        model: str,
        endpoint: EndpointMetrics,
        first_token_limit: Duration = SLOW_FIRST_TOKEN,
    ) -> None:
        super().__init__(scope, construct_id)
        acknowledge(
            self, "CloudWatchAlarmAction", "SageMaker reads it during an update; it must not wake anybody.", NIST
        )
        self._path = path_below_stack(self)
        wait = first_token_limit.to_seconds()
        self.names = [
            self._alarm(
                "Errors",
                f"{endpoint.endpoint_name} returns 5xx errors",
                endpoint.metric_server_errors(),
                threshold=5,
            ),
            self._alarm(
                "FirstToken",
                f"the 95th percentile of {model}'s time to first token is {wait:g} s or more",
                front.metric_time_to_first_token(model=model),
                threshold=wait * 1000,
            ),
            self._alarm(
                "FrontFailures",
                f"the gateway function fails requests for {model}",
                front.metric_server_errors(model=model),
                threshold=5,
            ),
        ]

    def _alarm(self, construct_id: str, what: str, metric: cloudwatch.Metric, *, threshold: float) -> str:
        alarm = cloudwatch.Alarm(
            self,
            construct_id,
            alarm_description=f"Rolls back an update: {what}.",
            metric=metric.with_(period=Duration.minutes(1)),
            threshold=threshold,
            evaluation_periods=3,
            datapoints_to_alarm=2,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        keep_logical_id(alarm, *self._path, construct_id)
        return alarm.alarm_name
