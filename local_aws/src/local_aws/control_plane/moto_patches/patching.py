"""Putting a method of ours in the place of one of moto's."""

from types import ModuleType
from typing import Any


def replace(owner: type | ModuleType, name: str, method: Any) -> None:
    """Sets a method or property of a class of moto's, or a function of a module. It must exist: a newer moto that has
    renamed it must not lose the fix silently."""
    if not hasattr(owner, name):
        raise AttributeError(
            f"moto's {owner.__name__} has no {name}; look at what this moto does before adapting the fix"
        )
    setattr(owner, name, method)


def add(owner: type, name: str, method: Any) -> None:
    """Adds what moto does not have. If it has it by now, the fix is to be deleted."""
    if hasattr(owner, name):
        raise AttributeError(f"moto's {owner.__name__} has its own {name} now; delete this project's")
    setattr(owner, name, method)
