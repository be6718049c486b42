"""The models stack: SageMaker models, endpoint configurations, endpoints."""

from __future__ import annotations

from aws_cdk import CfnOutput, CfnResource, Duration, Environment, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib.api.front_metrics import FrontMetrics
from constructs_lib.model.component_endpoint import ComponentEndpoint
from constructs_lib.model.endpoint_log_group import EndpointLogGroup
from constructs_lib.model.endpoint_metrics import VARIANT_NAME, EndpointMetrics
from constructs_lib.model.endpoint_scaling import (
    EndpointScaling,
    ScaledResource,
    ScalingPlan,
    ScheduledBounds,
    component,
    variant,
)
from constructs_lib.model.endpoint_update import EndpointUpdate, RollbackAlarms
from constructs_lib.model.falcon_endpoint import FalconEndpoint
from constructs_lib.model.falcon_model import FalconModel
from constructs_lib.model.mirrored_weights import MirroredWeights
from constructs_lib.network.isolated_network import IsolatedNetwork
from falconry.catalog import INSTANCE_TYPES, MODELS, REGIONS, Weights, from_jumpstart
from falconry.names import artifact_prefix
from falconry.settings import Model, Settings, containers


class ModelsStack(Stack):
    """An endpoint for each model in the settings.

    Attributes:
        endpoints: the endpoints by the names of their models.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        settings: Settings,
        network: IsolatedNetwork,
        artifact_bucket_name: str,
        encryption_key: kms.IKey,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: models")
        self._settings = settings
        self._network = network
        self._artifact_bucket_name = artifact_bucket_name
        self._key = encryption_key
        self.endpoints = {model.name: self._add(model) for model in settings.models}

    def _add(self, model: Model) -> EndpointMetrics:
        scope = Construct(self, model.name)
        settings = self._settings
        endpoint_name, component_name = settings.endpoint_name(model), settings.component_name(model)
        log_group_name = settings.model_log_group(model)
        falcon = FalconModel(
            scope,
            "Model",
            model=MODELS[model.name],
            region=REGIONS[settings.region],
            weights=self._weights(scope, model),
            environment=containers.environment(model),
            log_group=log_group_name,
            network=self._network,
        )
        log_group = EndpointLogGroup(
            scope,
            "Logs",
            name=log_group_name,
            encryption_key=self._key,
            retention_days=settings.log_retention_days,
        )
        update = _update(model)
        alarms = self._rollback_alarms(scope, model) if model.update.rollback else []
        endpoint: ComponentEndpoint | FalconEndpoint
        if component_name:
            endpoint = ComponentEndpoint(
                scope,
                "Endpoint",
                endpoint_name=endpoint_name,
                component_name=component_name,
                model=falcon,
                network=self._network,
                log_group=log_group,
                instance_type=INSTANCE_TYPES[model.instance_type],
                shards=model.shards,
                instances=(model.min_instances, model.max_instances),
                update=update,
                alarm_names=alarms,
            )
            scaling = self._scaling(scope, model, component(component_name), endpoint.resource)
            scaling.wake_from_zero(component_name, endpoint_name)
        else:
            endpoint = FalconEndpoint(
                scope,
                "Endpoint",
                endpoint_name=endpoint_name,
                model=falcon,
                instance_type=model.instance_type,
                instance_count=model.instance_bounds[0] or 1,
                deployment=update.of_endpoint(alarms),
                scaled=model.scaling.mode != "fixed",
                log_group=log_group,
            )
            if model.scaling.mode != "fixed":
                self._scaling(scope, model, variant(endpoint_name, VARIANT_NAME), endpoint.resource)
        self._publish(scope, model, endpoint_name)
        return endpoint

    def _rollback_alarms(self, scope: Construct, model: Model) -> list[str]:
        return RollbackAlarms(
            scope,
            "Rollback",
            front=FrontMetrics(self._settings.name),
            model=model.name,
            endpoint=EndpointMetrics(self._settings.endpoint_name(model)),
        ).names

    def _scaling(self, scope: Construct, model: Model, resource: ScaledResource, after: CfnResource) -> EndpointScaling:
        return EndpointScaling(
            scope,
            "Scaling",
            resource=resource,
            plan=_plan(model),
            name=self._settings.endpoint_name(model),
            after=after,
        )

    def _publish(self, scope: Construct, model: Model, endpoint_name: str) -> None:
        ssm.StringParameter(
            scope,
            "EndpointName",
            parameter_name=self._settings.names.endpoint_parameter(model.name),
            string_value=endpoint_name,
        )
        CfnOutput(scope, "Name", value=endpoint_name, description="SageMaker endpoint")

    def _weights(self, scope: Construct, model: Model) -> Weights:
        if model.model_data == "artifact_bucket":
            return MirroredWeights(
                scope,
                "Weights",
                bucket_name=self._artifact_bucket_name,
                prefix=artifact_prefix(model.name),
                parameter_name=self._settings.names.artifact_parameter(model.name),
                key_arn=self._key.key_arn,
            ).weights
        return from_jumpstart(MODELS[model.name], REGIONS[self._settings.region])


def _update(model: Model) -> EndpointUpdate:
    return EndpointUpdate(
        strategy=model.update.strategy,
        step_percent=model.update.step_percent or 50,
        bake=Duration.minutes(model.update.bake_minutes),
    )


def _plan(model: Model) -> ScalingPlan:
    scaling = model.scaling
    fewest, most = model.instance_bounds
    return ScalingPlan(
        minimum=fewest,
        maximum=most,
        concurrent_requests=None if scaling.mode == "scheduled" else scaling.concurrent_requests_per_instance,
        scale_in_cooldown=Duration.minutes(scaling.scale_in_cooldown_minutes),
        scale_out_cooldown=Duration.minutes(scaling.scale_out_cooldown_minutes),
        time_zone=scaling.time_zone,
        schedules=[ScheduledBounds(one.cron, one.min_instances, one.max_instances) for one in scaling.schedules],
    )
