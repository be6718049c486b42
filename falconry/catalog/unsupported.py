"""Why a model cannot be deployed as configured, in a sentence that names what can."""

from __future__ import annotations

from collections.abc import Sequence

from falconry.catalog.fit import MemoryFit, alternatives, fit
from falconry.catalog.instance_types import INSTANCE_TYPES, UNSUITABLE_FAMILIES
from falconry.catalog.models import MODELS, CatalogModel
from falconry.catalog.quantizations import QUANTIZATIONS
from falconry.did_you_mean import did_you_mean

_SUGGESTIONS = 3
"""How many instance types a sentence names; more would not be read."""

_ALIKE = 0.88
"""How alike a suggested name must be: ml.p4d.24xlarge for ml.p4.24xlarge, but not ml.g5.xlarge for ml.m5.large."""


def unsupported_reason(model_name: str, instance_type: str, quantize: str | None = None) -> str | None:
    """None if the model can be deployed so; else what prevents it, and what to write instead.

    Instance types that JumpStart supports for the model pass unquantized, whatever the arithmetic says.

    Raises:
        KeyError: `model_name` is no key of `MODELS`.
    """
    model = MODELS[model_name]
    if quantize is None and instance_type in model.supported_instance_types:
        return None
    return (
        _unknown_instance_type(model, instance_type)
        or _unknown_quantization(model, instance_type, quantize)
        or _too_large(fit(model, INSTANCE_TYPES[instance_type], quantize))
    )


def _unknown_instance_type(model: CatalogModel, instance_type: str) -> str | None:
    if instance_type in INSTANCE_TYPES:
        return None
    unsuitable = UNSUITABLE_FAMILIES.get(instance_type.rpartition(".")[0])
    if unsuitable:
        wrong = f"{instance_type} has {unsuitable}."
    else:
        complete = instance_type if instance_type.startswith("ml.") else f"ml.{instance_type}"
        guess = did_you_mean(complete, INSTANCE_TYPES, _ALIKE)
        wrong = f"{instance_type!r} is not an instance type that Falcon is known to run on.{guess}"
    return f"{wrong} JumpStart deploys {model.name} on {_either(model.supported_instance_types)}."


def _unknown_quantization(model: CatalogModel, instance_type: str, quantize: str | None) -> str | None:
    if quantize is None:
        return None
    known = [one.name for one in model.quantizations]
    if quantize not in known:
        image = f"{model.container.product} {model.container_version}, the image of {model.name}"
        return f"{image}, does not support quantize: {quantize}. Use {_either(known)}, or leave it out for bf16."
    gpu = INSTANCE_TYPES[instance_type].gpu
    if QUANTIZATIONS[quantize].needs_float8 and not gpu.float8:
        able = sorted({one.gpu.name for one in INSTANCE_TYPES.values() if one.gpu.float8})
        others = [name for name in known if not QUANTIZATIONS[name].needs_float8]
        return (
            f"{quantize} needs GPUs that compute in 8-bit floating point ({', '.join(able)}); "
            f"{instance_type} has {gpu.name}. Use quantize: {_either(others)}, or another instance type."
        )
    return None


def _too_large(asked: MemoryFit) -> str | None:
    if asked.fits:
        return None
    possible = alternatives(asked.model)
    larger = [one.instance_type.name for one in possible if one.quantize == asked.quantize]
    if asked.quantize is None:
        # Where JumpStart deploys a model, it has been seen to run.
        larger = [name for name in larger if name in asked.model.supported_instance_types]
    here = [one for one in possible if one.instance_type == asked.instance_type]
    # The one with the most bytes per parameter is the nearest to the model's own answers.
    smaller = max(here, key=lambda one: one.weights_gib, default=None)
    remedy = f"Use {_either(larger[:_SUGGESTIONS])}" + (f", or quantize: {smaller.quantize}." if smaller else ".")
    return f"{asked.instance_type.name} is too small: {asked.arithmetic}. {remedy}"


def _either(names: Sequence[str]) -> str:
    """ "a, b or c"."""
    return " or ".join(filter(None, (", ".join(names[:-1]), names[-1])))
