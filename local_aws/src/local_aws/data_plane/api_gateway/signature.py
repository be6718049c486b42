"""Whose AWS signature (SigV4) a request carries.

The signature itself is not computed again: the data plane does not know secret keys. What is checked is what a client
gets wrong: that there is one, that it is well formed, for this region and for execute-api, and not too old.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.http_messages import Request

# "Signature Version 4 for API requests" in the IAM user guide.
_AUTHORIZATION = re.compile(
    r"^AWS4-HMAC-SHA256 Credential=(?P<key>[A-Z0-9a-z]+)/(?P<date>\d{8})/(?P<region>[a-z0-9-]+)/(?P<service>[a-z0-9-]+)"
    r"/aws4_request, ?SignedHeaders=(?P<headers>[a-z0-9;-]+), ?Signature=(?P<signature>[0-9a-f]{64})$"
)
_VALID_FOR = timedelta(minutes=5)


def access_key(request: Request, region: str, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> str:
    """The access key id that signed. Raises GatewayError as API Gateway does for what is missing or wrong."""
    authorization = request.header("authorization")
    if not authorization:
        raise GatewayError("MISSING_AUTHENTICATION_TOKEN", "the request is not signed")
    match = _AUTHORIZATION.match(authorization)
    if match is None:
        message = "Authorization header is not an AWS Signature Version 4"
        raise GatewayError("INVALID_SIGNATURE", message, message=message)
    if (match["region"], match["service"]) != (region, "execute-api"):
        message = f"Credential should be scoped to region {region} and service execute-api."
        raise GatewayError("INVALID_SIGNATURE", message, message=message)
    signed = match["headers"].split(";")
    if "host" not in signed or "x-amz-date" not in signed:
        message = "Host and X-Amz-Date must be among the SignedHeaders."
        raise GatewayError("INVALID_SIGNATURE", message, message=message)
    try:
        date = datetime.strptime(request.header("x-amz-date") or "", "%Y%m%dT%H%M%SZ").replace(tzinfo=UTC)
    except ValueError:
        message = "X-Amz-Date is missing or not of the form YYYYMMDDTHHMMSSZ."
        raise GatewayError("INVALID_SIGNATURE", message, message=message) from None
    if abs(now() - date) > _VALID_FOR:
        message = f"Signature expired: {date:%Y%m%dT%H%M%SZ}"
        raise GatewayError("INVALID_SIGNATURE", message, message=message)
    return match["key"]
