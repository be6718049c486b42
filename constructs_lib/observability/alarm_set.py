"""The alarms of a deployment in CloudWatch, and whom each tells."""

from __future__ import annotations

from collections.abc import Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_sns as sns
from constructs import Construct

from constructs_lib.acknowledgement import NIST, acknowledge
from constructs_lib.observability.alarm import Alarm

PAGE = "page"
"""The one alarm that wakes somebody, and its section in the runbook."""


class AlarmSet(Construct):
    """An alarm for each row; those that page do so together, by one composite alarm.

    An outage sets off several of them within minutes. Whoever is on call gets one page for it, whose text names the
    alarm that came first; the others are on the dashboard. What is only a notice goes to its own topic at once.

    Args:
        prefix: what all names begin with.
        alarms: the rows.
        runbook_url: where the runbook is, without a section.
        page: the topic of whoever is woken.
        notice: the topic of whoever reads in the morning.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        prefix: str,
        alarms: Sequence[Alarm],
        runbook_url: str,
        page: sns.ITopic,
        notice: sns.ITopic,
    ) -> None:
        super().__init__(scope, construct_id)
        self.names = [f"{prefix}-{PAGE}", *(f"{prefix}-{alarm.name}" for alarm in alarms)]
        paging = []
        for alarm in alarms:
            notices = alarm.severity == "notice"
            made = cloudwatch.CfnAlarm(
                self,
                alarm.name,
                alarm_name=f"{prefix}-{alarm.name}",
                alarm_description=f"{alarm.says} Runbook: {runbook_url}#{alarm.kind}",
                alarm_actions=[notice.topic_arn] if notices else None,
                ok_actions=[notice.topic_arn] if notices else None,
                **alarm.properties(),
            )
            if not notices:
                paging.append(made)
                acknowledge(made, "CloudWatchAlarmAction", "It acts through the composite alarm, once for all.", NIST)
        cloudwatch.CfnCompositeAlarm(
            self,
            PAGE,
            alarm_name=f"{prefix}-{PAGE}",
            alarm_description=f"Callers are affected: the reason names the alarm. Runbook: {runbook_url}#{PAGE}",
            alarm_rule=" OR ".join(f'ALARM("{alarm.ref}")' for alarm in paging),
            alarm_actions=[page.topic_arn],
            ok_actions=[page.topic_arn],
        )
