"""Every request."""

from functools import cache

from moto import backends
from moto.core import responses
from moto.core.utils import method_names_from_class

from .patching import replace


def install() -> None:
    # For each request moto lists its own folder, with a look at each of 180 entries, and the members of the class that
    # answers: a quarter of a deployment's time.
    modules = frozenset(backends.list_of_moto_modules())
    replace(backends, "list_of_moto_modules", lambda: modules)
    replace(responses, "method_names_from_class", cache(method_names_from_class))
