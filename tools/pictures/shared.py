"""What many resources share, as one box each: keys, logs, alarms and their recipients."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from tools.pictures.boxes import Arrow, Box
from tools.pictures.resource_graph import Resource, ResourceGraph
from tools.pictures.shown import NAMES, room

_WRITERS: Mapping[str, tuple[str, Callable[[Resource], str]]] = {
    "AWS::Lambda::Function": ("LoggingConfig", lambda one: NAMES[room(one)]),
    "AWS::ApiGateway::Stage": ("AccessLogSetting", lambda _: "API Gateway"),
    "AWS::WAFv2::LoggingConfiguration": ("LogDestinationConfigs", lambda _: "WAF"),
    "AWS::EC2::FlowLog": ("LogGroupName", lambda _: "VPC flows"),
}
"""Who writes into a log group: by type, the property that names the group, and the writer's name."""

_ENCRYPTED = {
    "AWS::S3::Bucket": "buckets",
    "AWS::Logs::LogGroup": "logs",
    "AWS::Lambda::Function": "front's environment",
    "AWS::SNS::Topic": "topics",
}


def watchers(resources: ResourceGraph) -> tuple[list[Box], list[Arrow]]:
    """What many resources share, as one box each: keys, alarms and their recipients, logs."""
    boxes = []
    told = resources.of_type("AWS::SNS::Topic")
    alarms = [
        one
        for kind in ("Alarm", "CompositeAlarm")
        for one in resources.of_type(f"AWS::CloudWatch::{kind}")
        if one.stack == "operations"
    ]
    if alarms:
        boards = [f"dashboard {one.at('DashboardName')}" for one in resources.of_type("AWS::CloudWatch::Dashboard")]
        boxes.append(
            Box("alarms", "CloudWatch", (*boards, f"{len(alarms)} alarms"), "operations", in_vpc=False, group="watch")
        )
    arrows = []
    reached = {
        topic for alarm in alarms if alarm.at("AlarmActions") for topic in resources.referred(alarm, "AlarmActions")
    }
    if reached:
        lines = tuple(_TOPICS[one.at("TopicName").rpartition("-")[2]] for one in told if one in reached)
        boxes.append(Box("topics", "SNS topics", lines, "operations", in_vpc=False, group="watch"))
        arrows.append(Arrow("alarms", "topics", "", dotted=True))
    boxes += [_logs(resources), _keys(resources)]
    return boxes, arrows


_TOPICS = {"page": "page: callers are affected", "notice": "notice: can wait"}


def _keys(resources: ResourceGraph) -> Box:
    lines = []
    for key in resources.of_type("AWS::KMS::Key"):
        users = {one.type for one in resources.all() if key in resources.referred(one)}
        lines.append(f"{key.stack}: {', '.join(name for type_, name in _ENCRYPTED.items() if type_ in users)}")
    return Box("keys", "KMS keys", tuple(lines), "", in_vpc=False, group="shared")


def _logs(resources: ResourceGraph) -> Box:
    groups = resources.of_type("AWS::Logs::LogGroup")
    written = {
        name(one)
        for type_, (path, name) in _WRITERS.items()
        for one in resources.of_type(type_)
        if set(resources.referred(one, path)) & set(groups)
    }
    if any(str(one.at("LogGroupName")).startswith("/aws/sagemaker/") for one in groups):
        written.add("containers")
    lines = (f"{len(groups)} groups, without prompts:", *_wrapped(sorted(written, key=str.lower)))
    return Box("logs", "CloudWatch Logs", lines, "", in_vpc=False, group="shared")


def _wrapped(words: Sequence[str]) -> list[str]:
    half = (len(words) + 1) // 2
    return [", ".join(words[:half]) + ",", ", ".join(words[half:])]
