"""CloudWatch alarms and dashboards, SNS topics, budgets."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from .base import Adapter, Context, Created
from .properties import Properties, Values, removed_tags, tags_as_list


def _alarm_attributes(name: str, context: Context) -> Values:
    return {"Arn": context.arn("cloudwatch", f"alarm:{name}")}


class Alarm(Adapter):
    resource_type = "AWS::CloudWatch::Alarm"
    name_property = "AlarmName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("AlarmName") or context.generated_name(255)
        self._put(name, properties, context)
        return Created(name, _alarm_attributes(name, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._put(physical_id, properties, context)
        attributes = _alarm_attributes(physical_id, context)
        if gone := removed_tags(old, properties):
            context.call("cloudwatch", "untag_resource", ResourceARN=attributes["Arn"], TagKeys=gone)
        return attributes

    @staticmethod
    def _put(name: str, properties: Properties, context: Context) -> None:
        request = properties.without("AlarmName", "Tags")
        tags = tags_as_list(properties) or None
        context.call("cloudwatch", "put_metric_alarm", AlarmName=name, Tags=tags, **request)
        answer = context.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"][0]
        context.kept("cloudwatch", "put_metric_alarm", request, answer)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("cloudwatch", "delete_alarms", AlarmNames=[physical_id])


class CompositeAlarm(Adapter):
    resource_type = "AWS::CloudWatch::CompositeAlarm"
    name_property = "AlarmName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("AlarmName") or context.generated_name(255)
        self._put(name, properties, context)
        return Created(name, _alarm_attributes(name, context))

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._put(physical_id, properties, context)
        attributes = _alarm_attributes(physical_id, context)
        if gone := removed_tags(old, properties):
            context.call("cloudwatch", "untag_resource", ResourceARN=attributes["Arn"], TagKeys=gone)
        return attributes

    @staticmethod
    def _put(name: str, properties: Properties, context: Context) -> None:
        request = properties.without("AlarmName", "Tags")
        tags = tags_as_list(properties) or None
        context.call("cloudwatch", "put_composite_alarm", AlarmName=name, Tags=tags, **request)
        found = context.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=["CompositeAlarm"])
        context.kept("cloudwatch", "put_composite_alarm", request, found["CompositeAlarms"][0])

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("cloudwatch", "delete_alarms", AlarmNames=[physical_id])


class Dashboard(Adapter):
    resource_type = "AWS::CloudWatch::Dashboard"
    name_property = "DashboardName"
    not_carried: ClassVar = {"Tags": "moto keeps no tags of dashboards"}

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("DashboardName") or context.generated_name(255)
        context.call("cloudwatch", "put_dashboard", DashboardName=name, DashboardBody=properties["DashboardBody"])
        return Created(name)

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        body = properties["DashboardBody"]
        context.call("cloudwatch", "put_dashboard", DashboardName=physical_id, DashboardBody=body)
        return {}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("cloudwatch", "delete_dashboards", DashboardNames=[physical_id])


_TOPIC_ATTRIBUTES = (
    "ArchivePolicy",
    "ContentBasedDeduplication",
    "DisplayName",
    "FifoThroughputScope",
    "FifoTopic",
    "KmsMasterKeyId",
    "SignatureVersion",
    "TracingConfig",
)


class Topic(Adapter):
    resource_type = "AWS::SNS::Topic"
    name_property = "TopicName"

    def create(self, properties: Properties, context: Context) -> Created:
        name = properties.get("TopicName") or context.generated_name(256)
        given = properties.only(*_TOPIC_ATTRIBUTES)
        request = {"Name": name, "Attributes": given or None, "Tags": tags_as_list(properties) or None}
        arn = context.call("sns", "create_topic", **request)["TopicArn"]
        context.made(arn)
        answer = context.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
        context.kept("sns", "create_topic", {"Attributes": given}, {"Attributes": answer})
        for subscription in properties.get("Subscription") or []:
            context.call("sns", "subscribe", TopicArn=arn, **subscription)
        return Created(arn, {"TopicArn": arn, "TopicName": name})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        given = properties.only(*_TOPIC_ATTRIBUTES)
        before = {name: value for name, value in old.items() if name in _TOPIC_ATTRIBUTES}
        for name in sorted({*given, *before}):
            if given.get(name) != before.get(name):
                value = given.get(name, "")
                context.call(
                    "sns", "set_topic_attributes", TopicArn=physical_id, AttributeName=name, AttributeValue=value
                )
        if tags := tags_as_list(properties):
            context.call("sns", "tag_resource", ResourceArn=physical_id, Tags=tags)
        if gone := removed_tags(old, properties):
            context.call("sns", "untag_resource", ResourceArn=physical_id, TagKeys=gone)
        return {"TopicArn": physical_id, "TopicName": physical_id.rsplit(":", 1)[-1]}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("sns", "delete_topic", TopicArn=physical_id)


class TopicPolicy(Adapter):
    resource_type = "AWS::SNS::TopicPolicy"

    def create(self, properties: Properties, context: Context) -> Created:
        self._set(properties["Topics"], properties["PolicyDocument"], context)
        identifier = context.generated_name()
        return Created(identifier, {"Id": identifier})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        self._set(properties["Topics"], properties["PolicyDocument"], context)
        return {"Id": physical_id}

    @staticmethod
    def _set(topics: list[str], document: Any, context: Context) -> None:
        policy = {"AttributeName": "Policy", "AttributeValue": json.dumps(document)}
        for topic in topics:
            context.call("sns", "set_topic_attributes", TopicArn=topic, **policy)

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        for topic in properties["Topics"]:
            owner = {
                "Sid": "__default_statement_ID",
                "Effect": "Allow",
                "Principal": {"AWS": "*"},
                "Action": ["SNS:Publish", "SNS:Subscribe"],
                "Resource": topic,
                "Condition": {"StringEquals": {"AWS:SourceOwner": context.account}},
            }
            self._set([topic], {"Version": "2008-10-17", "Statement": [owner]}, context)


_SUBSCRIPTION_ATTRIBUTES = (
    "DeliveryPolicy",
    "FilterPolicy",
    "FilterPolicyScope",
    "RawMessageDelivery",
    "RedrivePolicy",
    "SubscriptionRoleArn",
)


class Subscription(Adapter):
    resource_type = "AWS::SNS::Subscription"

    def create(self, properties: Properties, context: Context) -> Created:
        given = properties.only("TopicArn", "Protocol", "Endpoint")
        attributes = properties.only(*_SUBSCRIPTION_ATTRIBUTES) or None
        # Without ReturnSubscriptionArn an e-mail subscription has no ARN until somebody confirms it.
        answer = context.call("sns", "subscribe", Attributes=attributes, ReturnSubscriptionArn=True, **given)
        return Created(answer["SubscriptionArn"], {"Arn": answer["SubscriptionArn"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        for name, value in properties.only(*_SUBSCRIPTION_ATTRIBUTES).items():
            context.call(
                "sns",
                "set_subscription_attributes",
                SubscriptionArn=physical_id,
                AttributeName=name,
                AttributeValue=value,
            )
        return {"Arn": physical_id}

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("sns", "unsubscribe", SubscriptionArn=physical_id)


class Budget(Adapter):
    resource_type = "AWS::Budgets::Budget"
    not_carried: ClassVar = {"ResourceTags": "moto keeps no tags of budgets"}

    def create(self, properties: Properties, context: Context) -> Created:
        budget = dict(properties["Budget"])
        budget["BudgetName"] = budget.get("BudgetName") or context.generated_name(100)
        notifications = properties.get("NotificationsWithSubscribers")
        request = {"AccountId": context.account, "Budget": self._as_api(budget)}
        context.call("budgets", "create_budget", NotificationsWithSubscribers=notifications, **request)
        return Created(budget["BudgetName"], {"Id": budget["BudgetName"]})

    def update(self, physical_id: str, properties: Properties, old: Values, context: Context) -> Values:
        # moto has no UpdateBudget; a budget has no identity beyond its name.
        self.delete(physical_id, old, context)
        renamed = dict(properties["Budget"]) | {"BudgetName": physical_id}
        self.create(Properties({**properties, "Budget": renamed}), context)
        properties.without()
        return {"Id": physical_id}

    @staticmethod
    def _as_api(budget: Mapping[str, Any]) -> Values:
        answer = dict(budget)
        if "BudgetLimit" in answer:
            limit = answer["BudgetLimit"]
            answer["BudgetLimit"] = {"Amount": str(limit["Amount"]), "Unit": limit["Unit"]}
        return answer

    def delete(self, physical_id: str, properties: Values, context: Context) -> None:
        context.call("budgets", "delete_budget", AccountId=context.account, BudgetName=physical_id)


ADAPTERS = (Alarm(), CompositeAlarm(), Dashboard(), Topic(), TopicPolicy(), Subscription(), Budget())
