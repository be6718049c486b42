"""The REST API's resource policy: who may call, and through which VPC endpoints."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

PolicyDocument = Mapping[str, object]

_CALL = {"Action": "execute-api:Invoke"}
# API Gateway fills in the API's own ARN.
_EVERYTHING = "execute-api:/*"
_PREFLIGHT = "execute-api:/*/OPTIONS/*"
_OPERATIONS = ("execute-api:/*/GET/*", "execute-api:/*/POST/*")


def access_policy(
    *, principals: Sequence[str] = (), vpc_endpoint_ids: Sequence[str] = (), preflight: bool = False
) -> PolicyDocument | None:
    """The policy document, or None for a public API whose methods authenticate callers.

    Args:
        principals: ARNs of the roles, users and accounts (`...:root`) that may call, for methods with IAM
            authorization. Others are denied, whatever their own policies say.
        vpc_endpoint_ids: the VPC endpoints that calls must come through, for a private API.
        preflight: whether browsers ask with OPTIONS, which they do not sign.
    """
    if not principals and not vpc_endpoint_ids:
        return None
    statements: list[dict[str, object]] = []
    if principals:
        statements.append(
            {**_CALL, "Sid": "CallersCall", "Effect": "Allow", "Principal": {"AWS": list(principals)},
             "Resource": list(_OPERATIONS)}
        )  # fmt: skip
        statements.append(
            {**_CALL, "Sid": "OthersDoNot", "Effect": "Deny", "Principal": "*", "Resource": list(_OPERATIONS),
             "Condition": _unless_among(principals)}
        )  # fmt: skip
        if preflight:
            statements.append(
                {**_CALL, "Sid": "BrowsersAsk", "Effect": "Allow", "Principal": "*", "Resource": _PREFLIGHT}
            )
    else:
        statements.append(
            {**_CALL, "Sid": "MethodsCheckTheCaller", "Effect": "Allow", "Principal": "*", "Resource": _EVERYTHING}
        )
    if vpc_endpoint_ids:
        statements.append(
            {**_CALL, "Sid": "NotFromElsewhere", "Effect": "Deny", "Principal": "*", "Resource": _EVERYTHING,
             "Condition": {"StringNotEquals": {"aws:SourceVpce": list(vpc_endpoint_ids)}}}
        )  # fmt: skip
    return {"Version": "2012-10-17", "Statement": statements}


def _unless_among(principals: Sequence[str]) -> dict[str, dict[str, list[str]]]:
    """True for a caller who is none of the roles and users and of none of the accounts."""
    accounts = [arn.split(":")[4] for arn in principals if arn.endswith(":root")]
    others = [arn for arn in principals if not arn.endswith(":root")]
    condition = {}
    if accounts:
        condition["StringNotEquals"] = {"aws:PrincipalAccount": accounts}
    if others:
        # For a session of a role it is the role's ARN.
        condition["ArnNotEquals"] = {"aws:PrincipalArn": others}
    return condition
