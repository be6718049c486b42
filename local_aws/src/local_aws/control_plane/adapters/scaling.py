"""Application Auto Scaling and EventBridge Scheduler."""

from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Adapter, Context, Created
from .properties import Properties, Values

_SCALING = "application-autoscaling"


class ScalableTarget(Adapter):
    resource_type = "AWS::ApplicationAutoScaling::ScalableTarget"
    not_carried: ClassVar = {"Tags": "moto keeps no tags of scalable targets"}

    def create(self, properties: Properties, context: Context) -> Created:
        context.made(self._id(properties))
        self._register(properties, {}, context)
        return Created(self._id(properties), {"Id": self._id(properties)})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._register(properties, old, context)
        return {"Id": physical_id}

    @staticmethod
    def _id(properties: Mapping[str, Any]) -> str:
        return "|".join(properties[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace"))

    @staticmethod
    def _target(properties: Mapping[str, Any]) -> Values:
        return {name: properties[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")}

    def _register(self, properties: Properties, old: Values, context: Context) -> None:
        target = self._target(properties)
        given = properties.only("MinCapacity", "MaxCapacity", "RoleARN", "SuspendedState")
        context.call(_SCALING, "register_scalable_target", **target, **given)
        actions = properties.get("ScheduledActions") or []
        for action in actions:
            context.call(_SCALING, "put_scheduled_action", **target, **action)
        names = {action["ScheduledActionName"] for action in actions}
        for action in old.get("ScheduledActions") or []:
            if action["ScheduledActionName"] not in names:
                name = action["ScheduledActionName"]
                context.call(_SCALING, "delete_scheduled_action", ScheduledActionName=name, **target)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        for action in properties.get("ScheduledActions") or []:
            name = action["ScheduledActionName"]
            context.call(_SCALING, "delete_scheduled_action", ScheduledActionName=name, **self._target(properties))
        context.call(_SCALING, "deregister_scalable_target", **self._target(properties))


class ScalingPolicy(Adapter):
    resource_type = "AWS::ApplicationAutoScaling::ScalingPolicy"

    def create(self, properties: Properties, context: Context) -> Created:
        arn = self._put(properties, context)
        return Created(arn, {"Arn": arn})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        return {"Arn": self._put(properties, context)}

    @staticmethod
    def _target(properties: Mapping[str, Any]) -> Values:
        if identifier := properties.get("ScalingTargetId"):
            names = ("ResourceId", "ScalableDimension", "ServiceNamespace")
            return dict(zip(names, identifier.split("|"), strict=True))
        return {name: properties[name] for name in ("ResourceId", "ScalableDimension", "ServiceNamespace")}

    def _put(self, properties: Properties, context: Context) -> str:
        target = self._target(properties)
        request = properties.without("ScalingTargetId", *target)
        arn: str = context.call(_SCALING, "put_scaling_policy", **target, **request)["PolicyARN"]
        namespace = target["ServiceNamespace"]
        policies = context.client(_SCALING).describe_scaling_policies(
            ServiceNamespace=namespace, PolicyNames=[properties["PolicyName"]]
        )["ScalingPolicies"]
        (policy,) = [item for item in policies if item["PolicyARN"] == arn]
        context.kept(_SCALING, "put_scaling_policy", request, policy)
        return arn

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        name = properties["PolicyName"]
        context.call(_SCALING, "delete_scaling_policy", PolicyName=name, **self._target(properties))


ADAPTERS = (ScalableTarget(), ScalingPolicy())
