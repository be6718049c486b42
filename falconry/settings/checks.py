"""Checks of values that a type alone cannot say. Each raises a mistake: a whole sentence about one field."""

from __future__ import annotations

import ipaddress
from collections.abc import Collection, Mapping, Sequence
from typing import TYPE_CHECKING

from pydantic_core import PydanticCustomError

from falconry.catalog import why_not
from falconry.did_you_mean import did_you_mean
from falconry.settings.words import listing

if TYPE_CHECKING:
    from falconry.settings.sections import Api

MISTAKE = "mistake"
"""The type of pydantic's errors that are made here."""

ENVIRONMENT_LIMIT = 1024
"""Characters of one value (CreateModel, EnvironmentMap)."""

RESERVED_VARIABLES = ("HF_MODEL_ID", "HF_MODEL_QUANTIZE", "MAX_STOP_SEQUENCES", "MAX_TOP_N_TOKENS", "SM_NUM_GPUS")
"""What other settings decide, or what must stay as the image and its weights want it."""


_NUMBERS = {"MAX_CONCURRENT_REQUESTS": "requests", "MAX_INPUT_LENGTH": "tokens", "MAX_TOTAL_TOKENS": "tokens"}
"""Variables that Falconry reads too, and what they count."""


def mistake(sentence: str, *, field: str = "") -> PydanticCustomError:
    """A mistake in `field` of the section that is being checked, or in the checked value itself."""
    # Braces in the sentence are the user's, not pydantic's.
    return PydanticCustomError(MISTAKE, "{sentence}", {"sentence": sentence, "field": field})


def one_of(value: str, allowed: Collection[str], what: str) -> str:
    """`value` if it is among `allowed`."""
    if value in allowed:
        return value
    names = sorted(allowed)
    raise mistake(f"{value!r} is not {what}.{did_you_mean(value, names)} Allowed: {listing(names)}.")


def reject_duplicates(names: Sequence[str], what: str) -> None:
    """Raises for a name that stands in the list twice."""
    for name in sorted({name for name in names if names.count(name) > 1}):
        raise mistake(f"the {what} {name} stands twice. Keep one.")


def private_range(cidr: str) -> str:
    """`cidr` if it is a private IPv4 range that a VPC can have and split over three zones."""
    try:
        network = ipaddress.IPv4Network(cidr)
    except ValueError as error:
        raise mistake(f"{cidr} is not an IPv4 range ({error}). Write one like 10.0.0.0/16.") from None
    if not network.is_private or not 16 <= network.prefixlen <= 24:
        raise mistake(f"{cidr} cannot be used. Take a private range of /16 to /24, for example 10.0.0.0/16.")
    return cidr


def zones_are_of_region(names: Sequence[str], region: str) -> None:
    """Raises for a zone whose name does not begin with the region's."""
    for name in names:
        if not (name.startswith(region) and len(name) == len(region) + 1 and name[-1].isalpha()):
            raise mistake(
                f"{name!r} is not a zone of {region}. Zones are called {region}a, {region}b and so on.",
                field="network.zone_names",
            )


def environment(variables: Mapping[str, str]) -> dict[str, str]:
    """`variables` if SageMaker takes them and none is another setting's business."""
    for name, value in variables.items():
        if not name.replace("_", "").isalnum() or not name.isascii() or name[0].isdigit():
            raise mistake(f"{name!r} is not a variable's name: letters, digits and underscores, no digit first.")
        if name in RESERVED_VARIABLES:
            mend = "Use the setting `quantize`." if name == "HF_MODEL_QUANTIZE" else "Take it out."
            raise mistake(f"{name} is set by Falconry to what model and instance type need. {mend}", field=name)
        if name == "MAX_INPUT_TOKENS":
            raise mistake(
                "the container has this limit by its older name, and takes one of them only. Set MAX_INPUT_LENGTH.",
                field=name,
            )
        if name in _NUMBERS and not (value.isdecimal() and int(value) > 0):
            raise mistake(
                f'{value!r} is not a number of {_NUMBERS[name]}. Write one in quotes, such as "128".', field=name
            )
        if len(value) > ENVIRONMENT_LIMIT:
            raise mistake(
                f"the value of {name} has {len(value)} characters; SageMaker takes {ENVIRONMENT_LIMIT}.", field=name
            )
    return dict(variables)


def token_limits(max_input: int, max_total: int) -> None:
    """Raises where a prompt of the longest kind would leave no room for an answer."""
    if max_input >= max_total:
        raise mistake(
            f"prompts may have {max_input} tokens (MAX_INPUT_LENGTH), and prompt and answer together {max_total} "
            "(MAX_TOTAL_TOKENS): no room for an answer is left. Raise the second or lower the first.",
            field="environment",
        )


def tags(given: Mapping[str, str]) -> dict[str, str]:
    """`given` if AWS takes them as tags."""
    for key, value in given.items():
        if key.lower().startswith("aws:"):
            raise mistake(f"{key!r}: AWS keeps tags that begin with `aws:` for itself. Choose another key.", field=key)
        if not 1 <= len(key) <= 128 or len(value) > 256:
            raise mistake("a tag's key has 1 to 128 characters, its value at most 256.", field=key)
    if len(given) > 40:
        raise mistake(f"{len(given)} tags; AWS takes 50 a resource and Falconry adds its own. Give 40 at most.")
    return dict(given)


def fits(model: str, instance_type: str, quantize: str | None) -> None:
    """Raises where `model` cannot run on `instance_type`, with the arithmetic."""
    reason = why_not(model, instance_type, quantize)
    if reason is not None:
        fits_otherwise = quantize is not None and why_not(model, instance_type) is None
        raise mistake(reason, field="quantize" if fits_otherwise else "instance_type")


_COUNTERPARTS = {
    "iam": "Say who may call: `iam: {principals: [arn:aws:iam::111122223333:role/app]}`.",
    "jwt": "Say whose tokens count: `jwt: {issuer: https://..., audience: [...]}`.",
}


def api_belongs_together(api: Api) -> None:
    """Raises where settings of the API contradict each other or lack their counterpart."""
    if api.access == "private" and not api.vpc_endpoint_ids:
        raise mistake(
            "is needed for `access: private`. List the execute-api VPC endpoints that callers come through (vpce-...).",
            field="vpc_endpoint_ids",
        )
    if api.access == "public" and api.vpc_endpoint_ids:
        raise mistake("is only for `access: private`. Take it out, or make the API private.", field="vpc_endpoint_ids")
    if api.access == "private" and api.domain:
        raise mistake(
            "is only for `access: public`. Callers reach a private API by its endpoint's name.", field="domain"
        )
    for auth in ("iam", "jwt"):
        if api.auth == auth and getattr(api, auth) is None:
            raise mistake(f"is needed for `auth: {auth}`. {_COUNTERPARTS[auth]}", field=auth)
        if api.auth != auth and getattr(api, auth) is not None:
            raise mistake(f"is only for `auth: {auth}`; this API has `auth: {api.auth}`. Take one out.", field=auth)
    if api.auth != "api_key" and api.clients:
        raise mistake(
            f"are API keys and only for `auth: api_key`; this API has `auth: {api.auth}`. Take one out.",
            field="clients",
        )
    if api.playground and api.auth == "iam":
        raise mistake(
            "is for keys and tokens, which a user types; a browser cannot sign requests, as `auth: iam` asks. Take it "
            "out, or choose `auth: api_key` or `auth: jwt`.",
            field="playground",
        )
    if "*" in api.cors_origins and len(api.cors_origins) > 1:
        raise mistake("`*` means every origin and stands alone. Take it or the others out.", field="cors_origins")
