"""Lambda authorizers (TOKEN and REQUEST): the call, the policy's verdict, and the cache of results."""

import asyncio
import json
import re
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from local_aws.data_plane.api_gateway.context import RequestContext
from local_aws.data_plane.api_gateway.definition import Authorizer, FunctionTarget
from local_aws.data_plane.api_gateway.errors import GatewayError
from local_aws.data_plane.api_gateway.policy import Decision, InvalidPolicyError, evaluate
from local_aws.data_plane.lambda_service.invocation import FunctionError, InvocationRefusedError

# Calls a function with an event and gives its whole answer. Raises FunctionError or InvocationRefusedError.
CallFunction = Callable[[FunctionTarget, bytes], Awaitable[bytes]]


@dataclass(frozen=True)
class Grant:
    """What an authorizer answered."""

    principal_id: str
    policy: dict[str, Any]
    context: dict[str, str]
    usage_identifier_key: str | None


class Authorizers:
    """Runs authorizers and remembers their results for the configured time, per authorizer and identity."""

    def __init__(self, call_function: CallFunction, timeout_seconds: float) -> None:
        self._call_function = call_function
        self._timeout_seconds = timeout_seconds
        self._cache: dict[tuple[str, ...], tuple[float, Grant]] = {}

    def forget(self) -> None:
        """A new deployment starts with an empty cache."""
        self._cache.clear()

    async def authorize(self, authorizer: Authorizer, context: RequestContext) -> Grant:
        """Raises GatewayError (UNAUTHORIZED, ACCESS_DENIED, AUTHORIZER_FAILURE or AUTHORIZER_CONFIGURATION_ERROR)."""
        started = time.monotonic()
        identity = self._identity(authorizer, context)
        key = (context.api.id, context.stage.name, authorizer.id, *identity)
        cached = self._cache.get(key)
        latency = 0
        if cached is not None and cached[0] > started:
            grant = cached[1]
        else:
            grant = await self._ask(authorizer, context, identity)
            if authorizer.ttl_seconds > 0 and identity:
                self._cache[key] = (started + authorizer.ttl_seconds, grant)
            latency = round((time.monotonic() - started) * 1000)
        try:
            decision = evaluate(grant.policy, context.method_arn)
        except InvalidPolicyError as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", str(error)) from error
        context.authorizer = {"principalId": grant.principal_id, "integrationLatency": latency, **grant.context}
        if decision is Decision.EXPLICIT_DENY:
            message = "User is not authorized to access this resource with an explicit deny"
            raise GatewayError("ACCESS_DENIED", f"the policy denies {context.method_arn}", message=message)
        if decision is Decision.IMPLICIT_DENY:
            raise GatewayError("ACCESS_DENIED", f"the policy does not allow {context.method_arn}")
        return grant

    def _identity(self, authorizer: Authorizer, context: RequestContext) -> tuple[str, ...]:
        """The values of the identity sources; each of them is required."""
        values = [_source_value(source, context) for source in authorizer.identity_sources]
        missing = [source for source, value in zip(authorizer.identity_sources, values, strict=True) if not value]
        if missing:
            raise GatewayError("UNAUTHORIZED", f"identity source {missing[0]} is missing or empty")
        if (
            authorizer.kind == "TOKEN"
            and authorizer.validation_expression
            and not re.match(authorizer.validation_expression, values[0] or "")
        ):
            raise GatewayError("UNAUTHORIZED", "the token does not match the authorizer's validation expression")
        return tuple(value for value in values if value)

    async def _ask(self, authorizer: Authorizer, context: RequestContext, identity: tuple[str, ...]) -> Grant:
        event: dict[str, Any] = {"type": authorizer.kind, "methodArn": context.method_arn}
        if authorizer.kind == "TOKEN":
            event["authorizationToken"] = identity[0] if identity else ""
        else:
            event |= context.proxy_parts()
        try:
            async with asyncio.timeout(self._timeout_seconds):
                answer = await self._call_function(authorizer.function, json.dumps(event).encode())
        except TimeoutError:
            raise GatewayError(
                "AUTHORIZER_FAILURE", f"the authorizer did not answer within {self._timeout_seconds:g} s"
            ) from None
        except FunctionError as error:
            if error.message == "Unauthorized":
                raise GatewayError("UNAUTHORIZED", "the authorizer raised Exception('Unauthorized')") from error
            raise GatewayError("AUTHORIZER_FAILURE", f"the authorizer failed: {error}") from error
        except InvocationRefusedError as error:
            raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", f"the authorizer cannot be called: {error}") from error
        return _parse_grant(answer)


def _source_value(source: str, context: RequestContext) -> str | None:
    """The value of `method.request.header.X`, `method.request.querystring.X`, `context.X` or `stageVariables.X`."""
    if source.startswith("method.request.header."):
        return context.header(source.removeprefix("method.request.header."))
    if source.startswith("method.request.querystring."):
        return dict(context.query).get(source.removeprefix("method.request.querystring."))
    if source.startswith("stageVariables."):
        return context.stage.variables.get(source.removeprefix("stageVariables."))
    if source.startswith("context."):
        value: Any = context.request_context()
        for part in source.removeprefix("context.").split("."):
            value = value.get(part) if isinstance(value, dict) else None
        return None if value is None else str(value)
    raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", f"identity source {source!r} is not known")


def _parse_grant(answer: bytes) -> Grant:
    try:
        value = json.loads(answer)
    except ValueError as error:
        raise GatewayError("AUTHORIZER_CONFIGURATION_ERROR", "the authorizer's answer is not JSON") from error
    if (
        not isinstance(value, dict)
        or not isinstance(value.get("principalId"), str)
        or not isinstance(value.get("policyDocument"), dict)
    ):
        raise GatewayError(
            "AUTHORIZER_CONFIGURATION_ERROR", "the authorizer's answer lacks principalId or policyDocument"
        )
    context = value.get("context") or {}
    if not isinstance(context, dict) or any(
        not isinstance(item, str | int | float | bool) for item in context.values()
    ):
        raise GatewayError(
            "AUTHORIZER_CONFIGURATION_ERROR", "values of the authorizer's context must be strings, numbers or booleans"
        )
    key = value.get("usageIdentifierKey")
    text = {name: item if isinstance(item, str) else json.dumps(item) for name, item in context.items()}
    return Grant(value["principalId"], value["policyDocument"], text, key if isinstance(key, str) else None)
