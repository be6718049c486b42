"""The number of an endpoint's instances, by load and by schedule (Application Auto Scaling)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import cast

from aws_cdk import CfnResource, Duration
from aws_cdk import aws_applicationautoscaling as autoscaling
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from constructs_lib.logical_id import keep_logical_id, path_below_stack

_NAMESPACE = "sagemaker"


@dataclass(frozen=True, slots=True)
class ScaledResource:
    """A scalable resource in Application Auto Scaling's terms, and the metric of concurrent requests in each unit of
    it (API reference, RegisterScalableTarget and PredefinedMetricSpecification). Both metrics come every 10
    seconds."""

    resource_id: str
    dimension: str
    metric: str


def variant(endpoint_name: str, variant_name: str) -> ScaledResource:
    """The instances of a production variant."""
    return ScaledResource(
        f"endpoint/{endpoint_name}/variant/{variant_name}",
        "sagemaker:variant:DesiredInstanceCount",
        "SageMakerVariantConcurrentRequestsPerModelHighResolution",
    )


def component(component_name: str) -> ScaledResource:
    """The copies of an inference component, each of which has an instance of its own here."""
    return ScaledResource(
        f"inference-component/{component_name}",
        "sagemaker:inference-component:DesiredCopyCount",
        "SageMakerInferenceComponentConcurrentRequestsPerCopyHighResolution",
    )


@dataclass(frozen=True, slots=True)
class ScheduledBounds:
    """New bounds at each time of `cron`, which has Application Auto Scaling's six fields."""

    cron: str
    minimum: int
    maximum: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ScalingPlan:
    """Bounds and target of an endpoint's scaling.

    Attributes:
        minimum, maximum: the bounds outside of schedules.
        concurrent_requests: the target of concurrent requests in each unit; None: schedules alone decide.
        scale_in_cooldown, scale_out_cooldown: the wait between two changes down, or up.
        time_zone: the IANA time zone of the schedules.
    """

    minimum: int
    maximum: int
    concurrent_requests: float | None
    scale_in_cooldown: Duration
    scale_out_cooldown: Duration
    time_zone: str
    schedules: Sequence[ScheduledBounds]


class EndpointScaling(Construct):
    """A scalable target with its schedules and, with `plan.concurrent_requests`, a target-tracking policy.

    Args:
        resource: what is scaled.
        plan: bounds and target.
        name: the prefix of the policies' names.
        after: the scaled CloudFormation resource, which must be in service first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        resource: ScaledResource,
        plan: ScalingPlan,
        name: str,
        after: CfnResource,
    ) -> None:
        super().__init__(scope, construct_id)
        self.target = autoscaling.CfnScalableTarget(
            self,
            "Target",
            service_namespace=_NAMESPACE,
            resource_id=resource.resource_id,
            scalable_dimension=resource.dimension,
            min_capacity=plan.minimum,
            max_capacity=plan.maximum,
            scheduled_actions=[
                autoscaling.CfnScalableTarget.ScheduledActionProperty(
                    scheduled_action_name=f"{name}-{number}",
                    schedule=f"cron({one.cron})",
                    timezone=plan.time_zone,
                    scalable_target_action=autoscaling.CfnScalableTarget.ScalableTargetActionProperty(
                        min_capacity=one.minimum, max_capacity=one.maximum
                    ),
                )
                for number, one in enumerate(plan.schedules, start=1)
            ]
            or None,
        )
        self.target.add_resource_dependency(after)
        if plan.concurrent_requests is None:
            return
        autoscaling.CfnScalingPolicy(
            self,
            "ByRequests",
            policy_name=f"{name}-by-requests",
            policy_type="TargetTrackingScaling",
            scaling_target_id=self.target.ref,
            target_tracking_scaling_policy_configuration=(
                autoscaling.CfnScalingPolicy.TargetTrackingScalingPolicyConfigurationProperty(
                    target_value=plan.concurrent_requests,
                    predefined_metric_specification=autoscaling.CfnScalingPolicy.PredefinedMetricSpecificationProperty(
                        predefined_metric_type=resource.metric
                    ),
                    scale_in_cooldown=plan.scale_in_cooldown.to_seconds(),
                    scale_out_cooldown=plan.scale_out_cooldown.to_seconds(),
                )
            ),
        )

    def wake_from_zero(self, component_name: str, name: str) -> None:
        """Start the first copy when a request found none.

        Target tracking cannot: without a copy there are no concurrent requests. SageMaker counts the requests that it
        rejected (developer guide, "Scale an endpoint to zero instances").
        """
        policy = autoscaling.CfnScalingPolicy(
            self,
            "Wake",
            policy_name=f"{name}-wake",
            policy_type="StepScaling",
            scaling_target_id=self.target.ref,
            step_scaling_policy_configuration=autoscaling.CfnScalingPolicy.StepScalingPolicyConfigurationProperty(
                adjustment_type="ChangeInCapacity",
                metric_aggregation_type="Maximum",
                cooldown=60,
                step_adjustments=[
                    autoscaling.CfnScalingPolicy.StepAdjustmentProperty(
                        metric_interval_lower_bound=0, scaling_adjustment=1
                    )
                ],
            ),
        )
        alarm = cloudwatch.Alarm(
            self,
            "NoCapacity",
            alarm_description=f"A request found no running copy of {component_name}, so one is started. Not an error.",
            metric=cloudwatch.Metric(
                namespace="AWS/SageMaker",
                metric_name="NoCapacityInvocationFailures",
                dimensions_map={"InferenceComponentName": component_name},
                statistic="Maximum",
                period=Duration.seconds(30),
            ),
            evaluation_periods=1,
            datapoints_to_alarm=1,
            threshold=1,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            treat_missing_data=cloudwatch.TreatMissingData.MISSING,
        )
        keep_logical_id(alarm, *path_below_stack(self), "NoCapacity")
        # The CDK's own action, ApplicationScalingAction, takes a policy of its L2 only, which knows no SageMaker.
        cast(cloudwatch.CfnAlarm, alarm.node.default_child).alarm_actions = [policy.ref]
