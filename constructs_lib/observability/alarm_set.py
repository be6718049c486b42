"""The CloudWatch alarms of a deployment, and the topics that they notify."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_cloudwatch_actions as actions
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.logical_id import keep_logical_id, path_below_stack
from constructs_lib.observability.alarm import AlarmRow

PAGE = "page"
"""The composite alarm that wakes somebody, and its section in the runbook."""


class AlarmSet(Construct):
    """An alarm for each row; those that page act together, through one composite alarm.

    An outage puts several of them in alarm within minutes. Whoever is on call gets one page for it, which names the
    first alarm; the others are on the dashboard. Each notice goes to its own topic at once.

    Args:
        prefix: the beginning of all names.
        rows: the alarms.
        runbook_url: the runbook, without a section.
        page: the topic of whoever is on call.
        notice: the topic for what can wait.

    Attributes:
        alarms: the alarms, the composite one first.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        rows: Sequence[AlarmRow],
        runbook_url: str,
        page: sns.ITopic,
        notice: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        path = path_below_stack(self)
        notify = actions.SnsAction(notice)
        made = []
        for row in rows:
            alarm = cloudwatch.Alarm(
                self,
                row.name,
                alarm_name=f"{prefix}-{row.name}",
                alarm_description=f"{row.message} Runbook: {runbook_url}#{row.kind}",
                metric=row.metric,
                threshold=row.threshold,
                comparison_operator=cloudwatch.ComparisonOperator.LESS_THAN_THRESHOLD
                if row.below
                else cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
                evaluation_periods=row.periods,
                datapoints_to_alarm=row.periods,
                treat_missing_data=cloudwatch.TreatMissingData.BREACHING
                if row.silence_breaches
                else cloudwatch.TreatMissingData.NOT_BREACHING,
            )
            keep_logical_id(alarm, *path, row.name)
            if row.severity == "notice":
                alarm.add_alarm_action(notify)
                alarm.add_ok_action(notify)
            else:
                acknowledge(alarm, "CloudWatchAlarmAction", "It acts through the composite alarm.", NIST)
            made.append(alarm)
        # By names: AlarmRule.any_of would write ARNs, which the page shows to whoever is on call.
        names = [alarm.alarm_name for alarm, row in zip(made, rows, strict=True) if row.severity == "page"]
        composite = cloudwatch.CompositeAlarm(
            self,
            PAGE,
            composite_alarm_name=f"{prefix}-{PAGE}",
            alarm_description=f"Callers are affected; the reason names the alarm. Runbook: {runbook_url}#{PAGE}",
            alarm_rule=cloudwatch.AlarmRule.from_string(" OR ".join(f'ALARM("{name}")' for name in names)),
        )
        keep_logical_id(composite, *path, PAGE)
        wake = actions.SnsAction(page)
        composite.add_alarm_action(wake)
        composite.add_ok_action(wake)
        self.alarms: list[cloudwatch.IAlarm] = [composite, *made]
