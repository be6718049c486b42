"""A monthly budget for a deployment."""

from __future__ import annotations

from aws_cdk import aws_budgets as budgets
from aws_cdk import aws_sns as sns
from constructs import Construct

NOTICES = (("ACTUAL", 80), ("ACTUAL", 100), ("FORECASTED", 100))
"""When a notice is sent: actual or forecasted cost of the month, in percent of the limit."""


class MonthlyBudget(Construct):
    """A monthly limit for the resources with a tag; a topic is notified when their cost exceeds it, or will.

    AWS Budgets counts a tag only from the day that it is activated as a cost allocation tag, in the account that pays
    the bill (Billing user guide, "Activating user-defined cost allocation tags").

    Args:
        budget_name: its name, unique in the account across regions.
        monthly_usd: the limit.
        tag: the tag's key and value.
        topic: who is notified.
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
                # User-defined tags have the prefix "user:".
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
