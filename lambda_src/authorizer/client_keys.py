"""Keys that say whose they are: `falconry keys` makes them, so that the front knows the client of a key that no
deployment has listed.

Such a key is NAME K RANDOM without spaces: the client's name (lower case letters and digits, each hyphen written X),
a K, and 40 capital letters and digits. API Gateway takes letters and digits in keys, and a key that it makes up itself
has 40 characters, so it is never taken for one of these.

The name in a key can be believed where a request has passed API Gateway, which lets in keys that exist only.
"""

from __future__ import annotations

import re

_KEY = re.compile(r"(?P<name>[a-z0-9X]{1,20})K[A-Z0-9]{40}")


def client_of_key(key: str) -> str | None:
    """The client's name in `key`, or None where there is none."""
    match = _KEY.fullmatch(key)
    return match["name"].replace("X", "-") if match else None
