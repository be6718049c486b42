"""checkov's findings need a reason, and reasons need a finding."""

from __future__ import annotations

from typing import Any

import pytest

from .checkov import Finding, Report, mistakes

LOGGING = Finding("CKV_AWS_18", "Ensure the S3 bucket has access logging enabled", "LogsBucket", "/a.template.json")
REASONS = {"CKV_AWS_18": {"Logs*": "It is the bucket of the logs."}}


def answer(**summary: int) -> dict[str, Any]:
    failed = {
        "check_id": LOGGING.check,
        "check_name": LOGGING.demand,
        "resource": "AWS::S3::Bucket.LogsBucketCD784A59",
        "file_path": LOGGING.template,
    }
    counts = {"passed": 7, "resource_count": 3, "parsing_errors": 0}
    return {"summary": counts | summary, "results": {"failed_checks": [failed], "parsing_errors": ["b.json"]}}


def test_a_finding_with_a_reason_is_no_mistake() -> None:
    report = Report.of(answer())

    assert report == Report(7, (LOGGING,))
    assert mistakes(report.findings, REASONS) == []


def test_a_new_finding_is_told_with_its_place() -> None:
    other = Finding("CKV_AWS_18", LOGGING.demand, "DataBucket", "/b.template.json")

    assert mistakes([LOGGING, other], REASONS) == [
        "CKV_AWS_18 (Ensure the S3 bucket has access logging enabled) fails for DataBucket in /b.template.json: "
        "mend it, or say why it stays."
    ]


def test_a_reason_that_nothing_needs_any_more_is_told() -> None:
    assert mistakes([], REASONS) == ["CKV_AWS_18 is found for no Logs* any more: take it out of checkov.yaml."]


@pytest.mark.parametrize(
    ("summary", "sentence"),
    [({"resource_count": 0}, "found no template"), ({"parsing_errors": 1}, r"could not read \['b.json'\]")],
)
def test_looking_at_nothing_is_not_passing(summary: dict[str, int], sentence: str) -> None:
    with pytest.raises(ValueError, match=sentence):
        Report.of(answer(**summary))
