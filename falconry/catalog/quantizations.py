"""Quantisation on the fly: what text-generation-inference can make of bf16 weights while it loads them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from falconry.catalog._data import read


@dataclass(frozen=True, slots=True)
class Quantization:
    """One value of HF_MODEL_QUANTIZE.

    Attributes:
        bytes_per_parameter: of the weights in GPU memory. Scales, and layers left in bf16, are not counted.
        since_tgi: the oldest image of the catalog that knows it ("1.4.0").
        needs_float8: whether it runs on GPUs that compute in 8-bit floating point only.
    """

    name: str
    bytes_per_parameter: float
    since_tgi: str
    needs_float8: bool

    def is_known_to(self, tgi_version: str) -> bool:
        """Whether text-generation-inference `tgi_version` ("2.4.0") knows it."""
        return _numbers(self.since_tgi) <= _numbers(tgi_version)


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split("."))


QUANTIZATIONS: Mapping[str, Quantization] = {
    name: Quantization(name=name, **row) for name, row in read("quantizations")["quantizations"].items()
}
"""Every quantisation by name, nearest to the unquantised model first."""
