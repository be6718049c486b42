"""Keys that name their client: `falconry keys` creates them, so that the gateway function knows the client of a key
that no deployment has listed.

Such a key is NAME K RANDOM without spaces: the client's name (lower case letters and digits, each hyphen written X),
a K, and 40 capital letters and digits. API Gateway allows letters and digits in keys, and a key that it generates has
40 characters, so it is never mistaken for one of these.

The name in a key can be trusted once a request has passed API Gateway, which accepts only keys that exist.
"""

from __future__ import annotations

import re

_KEY = re.compile(r"(?P<name>[a-z0-9X]{1,20})K[A-Z0-9]{40}")


def client_of_key(key: str) -> str | None:
    """The client's name in `key`, or None if there is none."""
    match = _KEY.fullmatch(key)
    return match["name"].replace("X", "-") if match else None
