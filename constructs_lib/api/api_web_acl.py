"""AWS WAF in front of the API."""

from __future__ import annotations

from typing import Unpack

from aws_cdk import Aws, RemovalPolicy, Stack
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_kms as kms
from aws_cdk import aws_logs as logs
from aws_cdk import aws_wafv2 as wafv2
from constructs import Construct

from constructs_lib.metrics import MetricOptions, metric

Rule = wafv2.CfnWebACL.RuleProperty

MANAGED_RULE_GROUPS: dict[str, tuple[str, ...]] = {
    "AWSManagedRulesAmazonIpReputationList": (),
    # Rules that look into the body. A prompt may be long, quote HTML or a path, or ask about a metadata address.
    "AWSManagedRulesCommonRuleSet": (
        "CrossSiteScripting_BODY",
        "EC2MetaDataSSRF_BODY",
        "GenericLFI_BODY",
        "GenericRFI_BODY",
        "SizeRestrictions_BODY",
        # Programs without a User-Agent are callers too.
        "NoUserAgent_HEADER",
    ),
    # Rules for bodies again: prompts with stack traces and exploit strings are what developers ask about.
    "AWSManagedRulesKnownBadInputsRuleSet": ("JavaDeserializationRCE_BODY", "Log4JRCE_BODY", "ReactJSRCE_BODY"),
}
"""Groups in order of evaluation, with the rules that only count (AWS WAF developer guide, "AWS Managed
Rules rule groups list"). A group's other rules block."""

REDACTED_HEADERS = ("authorization", "x-api-key", "x-amz-security-token")

RATE_WINDOW_SECONDS = 300


class ApiWebAcl(Construct):
    """A web ACL for one stage, which logs what it blocks and counts, without bodies and keys.

    Args:
        name: the web ACL's name.
        stage_name: the stage of the API.
        rest_api_id: the API.
        requests_per_5_minutes: requests that one address may send in five minutes.
        encryption_key: encrypts the log group.
        retention_days: one of the numbers that CloudWatch Logs knows.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        stage_name: str,
        rest_api_id: str,
        requests_per_5_minutes: int,
        encryption_key: kms.IKey,
        retention_days: int,
    ) -> None:
        super().__init__(scope, construct_id)
        self._name = name
        rules = [_rate_rule(requests_per_5_minutes)]
        rules += [
            _managed_rules(group, counted, priority)
            for priority, (group, counted) in enumerate(MANAGED_RULE_GROUPS.items(), start=1)
        ]
        acl = wafv2.CfnWebACL(
            self,
            "WebAcl",
            name=name,
            description="Blocks known attacks, IP addresses of bad reputation, and floods. Prompts are not inspected.",
            scope="REGIONAL",
            default_action=wafv2.CfnWebACL.DefaultActionProperty(allow={}),
            rules=rules,
            visibility_config=_visibility(name),
        )
        self.association = wafv2.CfnWebACLAssociation(
            self,
            "Association",
            web_acl_arn=acl.attr_arn,
            resource_arn=(
                f"arn:{Aws.PARTITION}:apigateway:{Stack.of(self).region}::/restapis/{rest_api_id}/stages/{stage_name}"
            ),
        )
        log_group = logs.CfnLogGroup(
            self,
            "LogGroup",
            # The prefix is what WAF asks for.
            log_group_name=f"aws-waf-logs-{name}",
            kms_key_id=encryption_key.key_arn,
            retention_in_days=retention_days,
        )
        log_group.apply_removal_policy(RemovalPolicy.DESTROY)
        wafv2.CfnLoggingConfiguration(
            self,
            "Logging",
            resource_arn=acl.attr_arn,
            log_destination_configs=[log_group.attr_arn],
            redacted_fields=[
                wafv2.CfnLoggingConfiguration.FieldToMatchProperty(single_header={"Name": header})
                for header in REDACTED_HEADERS
            ],
            # Every request is in the access log already.
            logging_filter={
                "DefaultBehavior": "DROP",
                "Filters": [
                    {
                        "Behavior": "KEEP",
                        "Requirement": "MEETS_ANY",
                        "Conditions": [
                            {"ActionCondition": {"Action": action}}
                            for action in ("BLOCK", "COUNT", "EXCLUDED_AS_COUNT")
                        ],
                    }
                ],
            },
        )

    def metric_blocked_requests(self, **options: Unpack[MetricOptions]) -> cloudwatch.Metric:
        """Requests that any of its rules blocked."""
        dimensions = {"WebACL": self._name, "Region": Stack.of(self).region, "Rule": "ALL"}
        return metric("AWS/WAFV2", "BlockedRequests", dimensions, options)


def _rate_rule(requests: int) -> Rule:
    """The first rule, so that a flood costs no evaluation of the others."""
    return Rule(
        name="RatePerAddress",
        priority=0,
        action=wafv2.CfnWebACL.RuleActionProperty(block={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            rate_based_statement=wafv2.CfnWebACL.RateBasedStatementProperty(
                aggregate_key_type="IP", limit=requests, evaluation_window_sec=RATE_WINDOW_SECONDS
            )
        ),
        visibility_config=_visibility("RatePerAddress"),
    )


def _managed_rules(group: str, counted: tuple[str, ...], priority: int) -> Rule:
    count = wafv2.CfnWebACL.RuleActionProperty(count={})
    return Rule(
        name=group,
        priority=priority,
        # The group's own actions stand, except for the rules that only count.
        override_action=wafv2.CfnWebACL.OverrideActionProperty(none={}),
        statement=wafv2.CfnWebACL.StatementProperty(
            managed_rule_group_statement=wafv2.CfnWebACL.ManagedRuleGroupStatementProperty(
                vendor_name="AWS",
                name=group,
                rule_action_overrides=[
                    wafv2.CfnWebACL.RuleActionOverrideProperty(name=rule, action_to_use=count) for rule in counted
                ]
                or None,
            )
        ),
        visibility_config=_visibility(group),
    )


def _visibility(metric: str) -> wafv2.CfnWebACL.VisibilityConfigProperty:
    # Sampled requests show headers, so keys.
    return wafv2.CfnWebACL.VisibilityConfigProperty(
        cloud_watch_metrics_enabled=True, metric_name=metric, sampled_requests_enabled=False
    )
