"""Quantization on the fly: what a container can make of bf16 weights while it loads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from falconry.catalog._data import read


@dataclass(frozen=True, slots=True)
class Quantization:
    """One way to quantize; `Container.quantizations` says which versions of a container know it.

    Attributes:
        bytes_per_parameter: of the weights in GPU memory. Scales, and layers left in bf16, are not counted.
        needs_float8: whether it runs on GPUs that compute in 8-bit floating point only.
    """

    name: str
    bytes_per_parameter: float
    needs_float8: bool


QUANTIZATIONS: Mapping[str, Quantization] = {
    name: Quantization(name=name, **row) for name, row in read("quantizations")["quantizations"].items()
}
"""Every quantization by name, nearest to the unquantized model first."""
