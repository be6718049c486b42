"""The operations stack: dashboard, alarms and their recipients, budget."""

from __future__ import annotations

from collections.abc import Mapping

from aws_cdk import CfnOutput, Environment, RemovalPolicy, Stack
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from aws_cdk import aws_ssm as ssm
from constructs import Construct

from constructs_lib.encryption_key import EncryptionKey
from constructs_lib.model.endpoint_metrics import EndpointMetrics
from constructs_lib.observability.alarm_set import AlarmSet
from constructs_lib.observability.alarm_topic import AlarmTopic, alarms_publish, budgets_publish, grant_encrypt
from constructs_lib.observability.deployment_alarms import Thresholds, alarms_of
from constructs_lib.observability.deployment_dashboard import widgets_of
from constructs_lib.observability.monthly_budget import MonthlyBudget
from constructs_lib.observability.observed import Observed, ObservedModel
from constructs_lib.observability.operations_dashboard import OperationsDashboard
from falconry.catalog import INSTANCE_TYPES
from falconry.settings import Model, Settings, containers
from stacks.api_stack import ApiStack


class OperationsStack(Stack):
    """What monitors the other stacks, by name, so that neither side blocks an update of the other."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        env: Environment,
        settings: Settings,
        endpoints: Mapping[str, EndpointMetrics],
        api: ApiStack,
    ) -> None:
        super().__init__(scope, construct_id, env=env, description=f"Falconry {settings.name}: operations")
        operations = settings.operations
        names = settings.names
        # Holds no data but messages on their way.
        key = EncryptionKey(
            self, "Encryption", alias=names.key_alias("operations"), removal_policy=RemovalPolicy.DESTROY
        ).key
        grant_encrypt(key, {**alarms_publish(self), **budgets_publish(self)})
        page = self._topic("Page", settings, operations.page_emails, key)
        notice = self._topic("Notice", settings, operations.notice_emails, key)
        observed = _observed(settings, endpoints, api)
        alarms = AlarmSet(
            self,
            "Alarms",
            prefix=names.prefix,
            rows=alarms_of(observed, Thresholds(**operations.alarms.model_dump())),
            runbook_url=operations.runbook_url,
            page=page,
            notice=notice,
        )
        OperationsDashboard(
            self,
            "Dashboard",
            dashboard_name=names.dashboard,
            rows=widgets_of(observed, watched=alarms.alarms, runbook_url=operations.runbook_url),
        )
        if operations.budget:
            MonthlyBudget(
                self,
                "Budget",
                budget_name=names.budget(settings.region),
                monthly_usd=operations.budget.monthly_usd,
                tag=("falconry:deployment", settings.name),
                topic=notice,
            )
        CfnOutput(self, "DashboardName", value=names.dashboard, description="CloudWatch dashboard")

    def _topic(self, severity: str, settings: Settings, emails: tuple[str, ...], key: kms.IKey) -> sns.ITopic:
        made = AlarmTopic(
            self,
            severity,
            topic_name=settings.names.topic(severity.lower()),
            display_name=f"Falconry {settings.name}: {severity.lower()}",
            encryption_key=key,
            emails=emails,
            publishers={**alarms_publish(self), **(budgets_publish(self) if severity == "Notice" else {})},
        )
        ssm.StringParameter(
            made,
            "Arn",
            parameter_name=settings.names.topic_parameter(severity.lower()),
            string_value=made.topic.topic_arn,
        )
        return made.topic


def _observed(settings: Settings, endpoints: Mapping[str, EndpointMetrics], api: ApiStack) -> Observed:
    return Observed(
        deployment=settings.name,
        region=settings.region,
        models=tuple(_observed_model(model, endpoints[model.name]) for model in settings.models),
        api=api.api,
        front=api.front,
        authorizer=api.authorizer,
        web_acl=api.web_acl,
        clients=tuple(client.name for client in settings.api.clients),
        concurrency=containers.capacity(settings).requests_at_once,
        audited=settings.operations.audit_log.enabled,
    )


def _observed_model(model: Model, endpoint: EndpointMetrics) -> ObservedModel:
    instance = INSTANCE_TYPES[model.instance_type]
    return ObservedModel(
        name=model.name,
        endpoint=endpoint,
        instance_type=model.instance_type,
        gpu_count=instance.gpu_count,
        vcpu=instance.vcpu,
        usd_per_hour=instance.usd_per_hour,
        price_read=instance.price.read if instance.price else "",
        always_on=model.min_instances > 0,
    )
