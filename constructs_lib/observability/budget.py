"""A monthly budget for a deployment."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

NOTICES = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""When a notice comes: what was spent, or what the month will come to, in percent of the limit."""


class Budget(Construct):
    """What carries a tag may cost so much a month; a topic is told when it costs more, or will.

    AWS Budgets knows a tag only after it was activated as a cost allocation tag, in the account that pays the bill,
    and counts from that day on (Billing user guide, "Activating user-defined cost allocation tags").

    Args:
        budget_name: its name, one of the account's whatever the region.
        monthly_usd: the limit.
        tag: the tag's key and value.
        topic: who is told.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        budget_name: str,
        monthly_usd: float,
        tag: tuple[str, str],
        topic: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        key, value = tag
        subscriber = budgets.CfnBudget.SubscriberProperty(subscription_type="SNS", address=topic.topic_arn)
        budgets.CfnBudget(
            self,
            "Budget",
            budget=budgets.CfnBudget.BudgetDataProperty(
                budget_name=budget_name,
                budget_type="COST",
                time_unit="MONTHLY",
                budget_limit=budgets.CfnBudget.SpendProperty(amount=monthly_usd, unit="USD"),
                # "user:" stands before every tag of one's own.
                cost_filters={"TagKeyValue": [f"user:{key}${value}"]},
            ),
            notifications_with_subscribers=[
                budgets.CfnBudget.NotificationWithSubscribersProperty(
                    notification=budgets.CfnBudget.NotificationProperty(
                        notification_type=kind,
                        comparison_operator="GREATER_THAN",
                        threshold=percent,
                        threshold_type="PERCENTAGE",
                    ),
                    subscribers=[subscriber],
                )
                for kind, percent in NOTICES
            ],
        )
