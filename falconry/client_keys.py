"""The API keys of a deployment's clients: those of the stack, and those made beside it.

A client has a usage plan, which holds its rate, burst and quota, and any number of keys in it. The stack makes the
first key; `falconry keys` makes others and tags them, so that it finds them again and CloudFormation never meets them.
"""

from __future__ import annotations

import secrets
import string
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

from falconry.aws_errors import translate_aws_errors
from falconry.errors import CommandError
from falconry.target import Target

DEPLOYMENT_TAG = "falconry:deployment"
CLIENT_TAG = "falconry:client"
MADE_BY_TAG = "falconry:made-by"
MADE_BY = "falconry keys"

RANDOM_LENGTH = 40
ALPHABET = string.ascii_uppercase + string.digits


@dataclass(frozen=True)
class ClientKey:
    """One key.

    Attributes:
        made_by: "stack" (CloudFormation) or "command" (`falconry keys`).
        plan_id: the usage plan that it is in, or None: then it opens nothing.
    """

    id: str
    client: str
    name: str
    enabled: bool
    created: datetime
    made_by: Literal["stack", "command"]
    plan_id: str | None


@dataclass(frozen=True)
class DeployedClient:
    """A client of the deployed API: its usage plan and its keys.

    Attributes:
        rate_per_second, burst, requests_per_month: the plan's limits; None for none.
    """

    name: str
    plan_id: str
    rate_per_second: float | None
    burst: int | None
    requests_per_month: int | None
    keys: tuple[ClientKey, ...]


class ClientKeys:
    """Reads and changes the keys of one deployment. Errors of AWS come as CommandError."""

    def __init__(self, target: Target) -> None:
        self._target = target
        self._api_gateway = target.client("apigateway")
        auth = target.settings.api.auth
        if auth != "api_key":
            raise CommandError(f"{target.settings.name} has `auth: {auth}`: callers of this API do not use API keys.")

    def clients(self) -> list[DeployedClient]:
        """Every client that is deployed, by name."""
        stack_keys = self._keys_of_the_stack()
        with translate_aws_errors("reading API Gateway's keys and usage plans"):
            keys = {item["id"]: item for item in self._pages("get_api_keys")}
            plans = list(self._pages("get_usage_plans"))
        clients = []
        for plan in plans:
            client = self._client_name(plan.get("name", ""))
            if client is None or not plan.get("apiStages"):
                continue
            with translate_aws_errors(f"reading the keys of the usage plan {plan['id']}"):
                members = [item["id"] for item in self._pages("get_usage_plan_keys", usagePlanId=plan["id"])]
            held = [_key(keys[key_id], client, stack_keys, plan["id"]) for key_id in members if key_id in keys]
            clients.append(_client(client, plan, sorted(held, key=lambda key: key.created)))
        return sorted(clients, key=lambda client: client.name)

    def strays(self) -> list[ClientKey]:
        """Keys that were made here and are in no plan any more: what a deleted stack leaves."""
        held = {key.id for client in self.clients() for key in client.keys}
        with translate_aws_errors("reading API Gateway's keys"):
            items = list(self._pages("get_api_keys"))
        return [
            _key(item, item["tags"][CLIENT_TAG], {}, None)
            for item in items
            if self._made_here(item) and item["id"] not in held
        ]

    def client(self, name: str) -> DeployedClient:
        """The client of that name. Raises CommandError, with the names there are."""
        known = {client.name: client for client in self.clients()}
        if name not in known:
            listed = ", ".join(known) or f"none; is {self._target.settings.name} deployed?"
            raise CommandError(f"no client {name!r}. Deployed: {listed}.")
        return known[name]

    def find(self, name: str) -> ClientKey:
        """The key that `name` means: CLIENT/KEY-ID, KEY-ID, or CLIENT where that has one key only."""
        client, slash, key_id = name.partition("/")
        clients = self.clients()
        held = [key for one in clients for key in one.keys]
        if not slash and client in [one.name for one in clients]:
            own = [key for key in held if key.client == client]
            if len(own) == 1:
                return own[0]
            raise CommandError(
                f"{client} has {len(own)} keys. Name one: {', '.join(f'{client}/{key.id}' for key in own)}."
            )
        wanted = key_id if slash else client
        for key in [*held, *self.strays()]:
            if key.id == wanted and (not slash or key.client == client):
                return key
        raise CommandError(f"no key {name!r} in {self._target.settings.name}. `falconry keys list` shows all keys.")

    def make(self, client: DeployedClient) -> tuple[ClientKey, str]:
        """A new key in the client's plan, and its value."""
        value = key_value(client.name)
        now = datetime.now(UTC)
        name = f"{self._prefix}{client.name}-{now:%Y%m%d-%H%M%S}"
        tags = {
            DEPLOYMENT_TAG: self._target.settings.name,
            CLIENT_TAG: client.name,
            MADE_BY_TAG: MADE_BY,
        }
        with translate_aws_errors(f"making a key for {client.name}"):
            made = self._api_gateway.create_api_key(
                name=name, description=f"Made by `{MADE_BY}`; no stack's", enabled=True, value=value, tags=tags
            )
            try:
                self._api_gateway.create_usage_plan_key(usagePlanId=client.plan_id, keyId=made["id"], keyType="API_KEY")
            except BaseException:
                # A key in no plan opens nothing, and nobody has seen its value.
                self._api_gateway.delete_api_key(apiKey=made["id"])
                raise
        return ClientKey(made["id"], client.name, name, True, now, "command", client.plan_id), value

    def switch(self, key: ClientKey, *, on: bool) -> None:
        """Enable or disable."""
        operation = {"op": "replace", "path": "/enabled", "value": "true" if on else "false"}
        with translate_aws_errors(f"changing the key {key.id}"):
            self._api_gateway.update_api_key(apiKey=key.id, patchOperations=[operation])

    def delete(self, key: ClientKey) -> None:
        """Delete a key that was made here and is disabled. Raises CommandError for another."""
        if key.made_by == "stack":
            raise CommandError(
                f"{key.id} belongs to the stack. Remove the client from the config and deploy, or disable the key: "
                f"falconry keys disable {key.client}/{key.id}"
            )
        if key.enabled and key.plan_id:
            raise CommandError(f"{key.id} is enabled. Disable it first: falconry keys disable {key.client}/{key.id}")
        with translate_aws_errors(f"deleting the key {key.id}"):
            if key.plan_id:
                self._api_gateway.delete_usage_plan_key(usagePlanId=key.plan_id, keyId=key.id)
            self._api_gateway.delete_api_key(apiKey=key.id)

    def value(self, key: ClientKey) -> str:
        """The key itself."""
        with translate_aws_errors(f"reading the value of {key.id}"):
            return str(self._api_gateway.get_api_key(apiKey=key.id, includeValue=True)["value"])

    def used_this_month(self, client: DeployedClient) -> Mapping[str, int] | None:
        """Requests of each key by its id since the month began (UTC); None where API Gateway counts none."""
        from botocore.exceptions import ClientError

        today = time.strftime("%Y-%m-%d", time.gmtime())
        try:
            usage = self._api_gateway.get_usage(
                usagePlanId=client.plan_id, startDate=f"{today[:8]}01", endDate=today, limit=500
            )
        except ClientError:
            if self._target.local:
                return None  # the emulated API Gateway has no GetUsage
            with translate_aws_errors(f"reading the usage of {client.name}"):
                raise
        # Each key's days, each a pair: requests used, requests left.
        return {key_id: sum(day[0] for day in days) for key_id, days in usage.get("items", {}).items()}

    @property
    def _prefix(self) -> str:
        return self._target.settings.names.client("")

    def _client_name(self, plan_name: str) -> str | None:
        """The client of a plan by its name; None for the plan of another deployment."""
        name = plan_name.removeprefix(self._prefix)
        # With a deployment `dev` and another `dev-2`, plans of both begin with `falconry-dev-`.
        configured = {client.name for client in self._target.settings.api.clients}
        return name if name != plan_name and name in configured else None

    def _made_here(self, item: Mapping[str, Any]) -> bool:
        tags = item.get("tags") or {}
        return tags.get(MADE_BY_TAG) == MADE_BY and tags.get(DEPLOYMENT_TAG) == self._target.settings.name

    def _keys_of_the_stack(self) -> Mapping[str, str]:
        """Clients by the ids of the keys that CloudFormation made."""
        path = self._target.settings.names.clients_path
        with translate_aws_errors(f"reading {path}"):
            pages = self._target.client("ssm").get_paginator("get_parameters_by_path")
            return {
                item["Value"]: item["Name"].split("/")[-2]
                for page in pages.paginate(Path=path, Recursive=True)
                for item in page["Parameters"]
            }

    def _pages(self, operation: str, **arguments: str) -> Iterator[Mapping[str, Any]]:
        for page in self._api_gateway.get_paginator(operation).paginate(
            **arguments, PaginationConfig={"PageSize": 500}
        ):
            yield from page["items"]


def key_value(client: str) -> str:
    """A new key that says whose it is; lambda_src/authorizer/client_keys.py reads it."""
    return f"{client.replace('-', 'X')}K{''.join(secrets.choice(ALPHABET) for _ in range(RANDOM_LENGTH))}"


def _client(name: str, plan: Mapping[str, Any], keys: list[ClientKey]) -> DeployedClient:
    throttle, quota = plan.get("throttle") or {}, plan.get("quota") or {}
    return DeployedClient(
        name=name,
        plan_id=plan["id"],
        rate_per_second=throttle.get("rateLimit"),
        burst=throttle.get("burstLimit"),
        requests_per_month=quota.get("limit"),
        keys=tuple(keys),
    )


def _key(item: Mapping[str, Any], client: str, stack_keys: Mapping[str, str], plan_id: str | None) -> ClientKey:
    return ClientKey(
        id=item["id"],
        client=client,
        name=item.get("name") or "",
        enabled=bool(item.get("enabled")),
        created=item["createdDate"],
        made_by="stack" if item["id"] in stack_keys else "command",
        plan_id=plan_id,
    )
