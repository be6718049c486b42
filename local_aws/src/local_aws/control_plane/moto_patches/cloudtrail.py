"""CloudTrail."""

import json

from moto.cloudtrail.responses import CloudTrailResponse

from .patching import add


def _lookup_events(self: CloudTrailResponse) -> str:
    return json.dumps({"Events": []})


def install() -> None:
    """moto has no LookupEvents and answers 500. The CDK CLI asks for the events of a failed deployment and retries for
    half a minute; that there are none is the truth here, since the emulated AWS records no trail."""
    add(CloudTrailResponse, "lookup_events", _lookup_events)
