"""Two ways to run the same properties: quickly with every test run, and for as long as one likes."""

from __future__ import annotations

from hypothesis import HealthCheck, settings

# A stream is made of dozens of draws, so hypothesis finds many examples slow or large: that is what they are for.
_COMMON = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])

settings.register_profile("everyday", _COMMON, max_examples=300)
settings.register_profile("fuzz", _COMMON, max_examples=250, print_blob=True)


def load(name: str) -> None:
    """Make `name` ("everyday" or "fuzz") the profile of properties that are imported from now on."""
    settings.load_profile(name)
