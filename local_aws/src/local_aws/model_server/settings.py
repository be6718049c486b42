"""The server's limits, read from the environment as TGI's launcher reads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from local_aws.model_server.versions import VERSIONS, Version

DEFAULT_VERSION = "2.4.0"

BODY_LIMIT_BYTES = 2_097_152
"""axum's default limit for a body; TGI makes it configurable only from 2.4.1 on."""


class SettingsError(ValueError):
    """The environment or the model folder cannot be served; the message says what to change."""


@dataclass(frozen=True, slots=True)
class Settings:
    """Limits of one server, in tokens or counts. The field names are TGI's."""

    version: Version
    max_input_tokens: int = 1024
    max_total_tokens: int = 2048
    max_stop_sequences: int = 4
    max_best_of: int = 2
    max_top_n_tokens: int = 5
    max_concurrent_requests: int = 128

    @classmethod
    def from_environment(cls, environment: Mapping[str, str], positions: int) -> Settings:
        """The limits that `environment` asks of a model with `positions` positions; raises SettingsError."""
        name = environment.get("TGI_VERSION", DEFAULT_VERSION)
        if name not in VERSIONS:
            raise SettingsError(f"TGI_VERSION={name}: this server speaks {' and '.join(VERSIONS)}. Set one of them.")
        version = VERSIONS[name]
        total = _count(environment, "MAX_TOTAL_TOKENS", min(2048, positions))
        if total > positions:
            raise SettingsError(
                f"MAX_TOTAL_TOKENS={total}: the model has {positions} positions. "
                f"Set MAX_TOTAL_TOKENS to at most {positions}."
            )
        inputs = _input_tokens(environment, version.max_input_tokens or total - 1)
        if inputs >= total:
            raise SettingsError(
                f"MAX_INPUT_TOKENS={inputs}: it must be less than MAX_TOTAL_TOKENS={total}, "
                f"or no token could be generated. Lower MAX_INPUT_TOKENS (or MAX_INPUT_LENGTH) to at most {total - 1}."
            )
        return cls(
            version=version,
            max_input_tokens=inputs,
            max_total_tokens=total,
            max_stop_sequences=_count(environment, "MAX_STOP_SEQUENCES", 4),
            max_best_of=_count(environment, "MAX_BEST_OF", 2),
            max_top_n_tokens=_count(environment, "MAX_TOP_N_TOKENS", 5),
            max_concurrent_requests=_count(environment, "MAX_CONCURRENT_REQUESTS", 128),
        )


def _input_tokens(environment: Mapping[str, str], default: int) -> int:
    """MAX_INPUT_LENGTH is the older name of MAX_INPUT_TOKENS; both may be set if they agree."""
    length = _count(environment, "MAX_INPUT_LENGTH", default)
    tokens = _count(environment, "MAX_INPUT_TOKENS", length)
    if "MAX_INPUT_LENGTH" in environment and tokens != length:
        raise SettingsError(
            f"MAX_INPUT_TOKENS={tokens} and MAX_INPUT_LENGTH={length} are two names of one limit. Set one of them only."
        )
    return tokens


def _count(environment: Mapping[str, str], name: str, default: int) -> int:
    text = environment.get(name, str(default))
    if not text.isascii() or not text.isdigit() or int(text) < 1:
        raise SettingsError(f"{name}={text}: expected a whole number of at least 1.")
    return int(text)
