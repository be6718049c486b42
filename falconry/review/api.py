"""The API: who may call it, from where, and what protects it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from falconry.assembly.cloud_assembly import CloudAssembly, Resource
from falconry.assembly.values import Reader
from falconry.iam import EVERYBODY, grants, wider
from falconry.review.comparison import Comparison, Side
from falconry.review.findings import Finding, Topic, attention, danger, note
from falconry.review.methods import PREFLIGHT, Method
from falconry.review.resources import REPLACING, ResourceChange

MODES = {
    ("CUSTOM", True): "API keys",
    ("NONE", True): "API keys",
    ("CUSTOM", False): "tokens checked by an authorizer",
    ("AWS_IAM", False): "IAM signatures",
    ("AWS_IAM", True): "IAM signatures and API keys",
    ("COGNITO_USER_POOLS", False): "user pool tokens",
    ("NONE", False): "nothing",
}
"""(AuthorizationType, ApiKeyRequired) to the credentials that a caller needs."""

Methods = Mapping[tuple[str, str], Method]

ORIGIN_PARAMETER = "method.response.header.Access-Control-Allow-Origin"


def findings(comparison: Comparison) -> Iterator[Finding]:
    """Changes for callers, and for those who should not be able to call."""
    base, head, changes = comparison.kept, comparison.head, comparison.changes
    yield from _authorization(base.methods, head.methods)
    yield from _endpoints(changes)
    if all(any(side.assembly.of_type("AWS::ApiGateway::RestApi")) for side in (base, head)):
        yield from _policies(base, head)
        yield from _web_acl(base.assembly, head.assembly, changes)
        yield from _origins(base.assembly, head.assembly)
    yield from _tokens(changes)


def _authorization(old: Methods, new: Methods) -> Iterator[Finding]:
    opened = [method for key, method in new.items() if method.open and not (key in old and old[key].open)]
    for method in [method for method in opened if method.page]:
        what = f"`{method.route}` serves a page to anyone who can reach the API. "
        yield attention(Topic.ACCESS, "API", what + "Calling a model still requires what the other routes require.")
    opened = [method for method in opened if not method.page]
    if opened:
        names = ", ".join(f"`{method.route}`" for method in opened)
        what = f"Authorization is turned off: anyone who can reach the API may call {names}."
        yield danger(Topic.ACCESS, "API", what, "Give each method an authorization type or `apiKeyRequired`.")
    changed: dict[tuple[str, str], list[str]] = {}
    for key, method in new.items():
        before = old.get(key)
        if before is not None and not method.open and before.mode != method.mode:
            changed.setdefault((_mode(before.mode), _mode(method.mode)), []).append(method.route)
    for (one, other), routes in changed.items():
        what = (
            f"{len(routes)} routes require {other} instead of {one}: after the deploy, callers are refused until they "
            "switch."
        )
        mend = (
            "Announce the date, or deploy a second config with the new authorization and move callers over one by one."
        )
        yield danger(Topic.CLIENTS, "API", what, mend)


def _mode(mode: tuple[str, bool]) -> str:
    return MODES.get(mode, f"{mode[0]}{' and an API key' if mode[1] else ''}")


def _types(resource: Resource | None) -> list[str]:
    properties = (resource or {}).get("Properties", {})
    return list(properties.get("EndpointConfiguration", {}).get("Types", ["EDGE"]))


def _endpoints(changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    for change in changes:
        if change.type == "AWS::ApiGateway::RestApi" and change.before and change.after:
            before, after = _types(change.before), _types(change.after)
            if "PRIVATE" in before and "PRIVATE" not in after:
                what = "The API becomes public: until now it was reachable only through VPC endpoints."
                mend = "Make sure that no key has leaked and that a web ACL protects the API."
                yield danger(Topic.ACCESS, change.path, what, mend)
            elif "PRIVATE" in after and "PRIVATE" not in before:
                what = "The API becomes private: callers that do not use its VPC endpoints are cut off."
                mend = "Move the callers to the VPC endpoints first, or deploy a second, private config."
                yield danger(Topic.CLIENTS, change.path, what, mend)
        if change.type == "AWS::ApiGateway::RestApi" and change.before and change.action in REPLACING:
            what = "The API is replaced: its URL changes, and every usage plan is recreated."
            mend = "Set a custom domain (`api.domain`) first, so that the callers' URL stays the same."
            yield danger(Topic.CLIENTS, change.path, what, mend)
        if change.type == "AWS::ApiGateway::DomainName" and change.after is None:
            what = "The custom domain is removed: callers that use it cannot reach the API."
            yield danger(Topic.CLIENTS, change.path, what, "Tell the callers the new base URL first.")


def _policies(base: Side, head: Side) -> Iterator[Finding]:
    """Wider resource policies of APIs with IAM authorization, which are as open as that policy."""
    signed = [method for method in head.methods.values() if method.mode[0] == "AWS_IAM"]
    for stack, logical_id, resource in head.assembly.of_type("AWS::ApiGateway::RestApi"):
        before = base.resource(stack.name, logical_id)
        if before is None or not signed:
            continue
        documents = [one.get("Properties", {}).get("Policy") for one in (before, resource)]
        old, new = (grants(Reader(head.assembly, stack).plain(one)) if one else [] for one in documents)
        denied_unless = [one for one in new if not one.allows and one.conditions]
        for grant in wider(old, new):
            world = grant.allows and grant.principal == EVERYBODY and not grant.conditions
            if world and f"/{PREFLIGHT}/" not in grant.resource and not denied_unless:
                what = f"Every identity in every AWS account may call `{grant.resource}`."
                mend = "List the roles, users or accounts that may call it in `api.iam.principals`."
                yield danger(Topic.ACCESS, stack.path(logical_id), what, mend)


def _web_acl(base: CloudAssembly, head: CloudAssembly, changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    guarded = list(base.of_type("AWS::WAFv2::WebACLAssociation"))
    still = list(head.of_type("AWS::WAFv2::WebACLAssociation"))
    apis = [resource for _, _, resource in head.of_type("AWS::ApiGateway::RestApi")]
    if guarded and not still:
        what = "AWS WAF is turned off: no rate limit per address, no managed rules."
        if any("PRIVATE" not in _types(api) for api in apis):
            mend = "Keep `web_acl: {enabled: true}`, or make sure that another firewall protects the API."
            yield danger(Topic.ACCESS, "API", f"{what} The API is reachable from the internet.", mend)
        else:
            yield attention(Topic.ACCESS, "API", f"{what} The API is private.")
    for change in changes:
        if change.type == "AWS::WAFv2::WebACL" and change.before and change.after:
            old, new = (_rules(one) for one in (change.before, change.after))
            for name in sorted(old.keys() - new.keys()):
                yield attention(Topic.ACCESS, change.path, f"The web ACL's rule `{name}` is removed.")
            for name in sorted(old.keys() & new.keys()):
                yield from _weaker(change.path, name, old[name], new[name])


def _rules(resource: Resource) -> dict[str, Mapping[str, Any]]:
    return {rule["Name"]: rule for rule in resource["Properties"].get("Rules", [])}


def _weaker(path: str, name: str, old: Mapping[str, Any], new: Mapping[str, Any]) -> Iterator[Finding]:
    limits = [one["Statement"].get("RateBasedStatement", {}).get("Limit") for one in (old, new)]
    if None not in limits and limits[1] > limits[0]:
        what = f"`{name}` lets one address send {limits[1]:,} requests, up from {limits[0]:,}."
        yield attention(Topic.ACCESS, path, what)
    blocked = "Block" in old.get("Action", {}) or "None" in old.get("OverrideAction", {})
    blocks = "Block" in new.get("Action", {}) or "None" in new.get("OverrideAction", {})
    if blocked and not blocks:
        yield attention(Topic.ACCESS, path, f"`{name}` only counts what it used to block.")


def _origins(base: CloudAssembly, head: CloudAssembly) -> Iterator[Finding]:
    old, new = _allowed_origins(base), _allowed_origins(head)
    if "*" in new and "*" not in old:
        what = "Web pages of every origin may call the API: a key held by one page works from any other."
        mend = "List the origins in `api.cors_origins`, unless any page may call."
        yield attention(Topic.ACCESS, "CORS", what, mend)
    elif added := sorted(new - old):
        yield note(Topic.ACCESS, "CORS", f"Web pages of {', '.join(f'`{one}`' for one in added)} may call the API.")
    if (removed := sorted(old - new)) and "*" not in new:
        names = "every origin" if removed == ["*"] else ", ".join(f"`{one}`" for one in removed)
        yield attention(Topic.CLIENTS, "CORS", f"Browsers will refuse calls from pages of {names}.")


def _allowed_origins(assembly: CloudAssembly) -> set[str]:
    """The origins in the gateway function's configuration and in preflight answers."""
    found: set[str] = set()
    for _, _, resource in assembly.of_type("AWS::Lambda::Function"):
        variables = resource["Properties"].get("Environment", {}).get("Variables", {})
        found.update(json.loads(variables.get("FALCONRY_CORS_ORIGINS", "[]")))
    for _, _, resource in assembly.of_type("AWS::ApiGateway::Method"):
        for response in resource["Properties"].get("Integration", {}).get("IntegrationResponses", []):
            origin = response.get("ResponseParameters", {}).get(ORIGIN_PARAMETER)
            if isinstance(origin, str):
                found.add(origin.strip("'"))
    return found


def _tokens(changes: Sequence[ResourceChange]) -> Iterator[Finding]:
    for change in changes:
        if change.type != "AWS::Lambda::Function" or not change.before or not change.after:
            continue
        old, new = (
            one["Properties"].get("Environment", {}).get("Variables", {}) for one in (change.before, change.after)
        )
        issuers = [one.get("FALCONRY_JWT_ISSUER") for one in (old, new)]
        if None not in issuers and issuers[0] != issuers[1]:
            what = f"Tokens from `{issuers[1]}` replace those from `{issuers[0]}`: callers are refused."
            yield danger(Topic.CLIENTS, change.path, what, "Have every caller get tokens from the new issuer first.")
        audiences = [set(json.loads(one.get("FALCONRY_JWT_AUDIENCE", "[]"))) for one in (old, new)]
        if "FALCONRY_JWT_AUDIENCE" in old and "FALCONRY_JWT_AUDIENCE" in new:
            for name in sorted(audiences[1] - audiences[0]):
                yield attention(Topic.ACCESS, change.path, f"Tokens for the audience `{name}` are accepted too.")
            for name in sorted(audiences[0] - audiences[1]):
                yield attention(Topic.CLIENTS, change.path, f"Tokens for the audience `{name}` are no longer accepted.")
