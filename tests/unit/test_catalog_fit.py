"""What fits where. Sizes and rooms were calculated by hand from the models' dimensions."""

from __future__ import annotations

import pytest

from falconry.catalog import INSTANCE_TYPES, MODELS, CatalogModel, MemoryFit, alternatives, fit

PAIRS = [(model, instance_type) for model in MODELS.values() for instance_type in model.supported_instance_types]


def _fit(model: str, instance_type: str, quantize: str | None = None) -> MemoryFit:
    return fit(MODELS[model], INSTANCE_TYPES[instance_type], quantize)


@pytest.mark.parametrize(
    ("model", "quantize", "gib"),
    [
        ("falcon-7b", None, 13.4),
        ("falcon-40b", None, 77.9),
        ("falcon-180b", None, 334.4),
        ("falcon-40b", "bitsandbytes", 39.0),
        ("falcon-180b-chat", "eetq", 167.2),
        ("falcon-180b-chat", "bitsandbytes-nf4", 83.6),
    ],
)
def test_weights_are_as_large_as_their_precision_makes_them(model: str, quantize: str | None, gib: float) -> None:
    assert _fit(model, "ml.p5en.48xlarge", quantize).weights_gib == pytest.approx(gib, abs=0.05)


@pytest.mark.parametrize(
    ("model", "mib"), [("falcon-7b-instruct", 16), ("falcon-40b-instruct", 240), ("falcon-180b-chat", 320)]
)
def test_the_cache_of_a_full_request_counts_key_value_heads(model: str, mib: int) -> None:
    found = MODELS[model]
    assert found.max_total_tokens * found.dimensions.cache_bytes_per_token == mib * 2**20


@pytest.mark.parametrize(
    ("model", "instance_type", "quantize", "shards", "tokens"),
    [
        ("falcon-7b", "ml.g5.2xlarge", None, 1, 872_000),
        ("falcon-40b", "ml.g5.12xlarge", None, 4, 21_600),
        ("falcon-40b", "ml.g6.12xlarge", None, 4, 21_600),
        ("falcon-40b", "ml.g5.48xlarge", None, 8, 724_000),
        ("falcon-40b", "ml.g6e.12xlarge", None, 4, 776_000),
        ("falcon-40b", "ml.p4d.24xlarge", None, 8, 1_730_000),
        ("falcon-40b", "ml.g6e.xlarge", "bitsandbytes", 1, 24_000),
        ("falcon-180b", "ml.p4de.24xlarge", None, 8, 1_500_000),
        ("falcon-180b", "ml.p5.48xlarge", None, 8, 1_500_000),
        ("falcon-180b", "ml.p5en.48xlarge", None, 8, 4_380_000),
        ("falcon-180b", "ml.p4d.24xlarge", "bitsandbytes", 8, 713_000),
        ("falcon-180b", "ml.g6e.48xlarge", "bitsandbytes", 8, 1_090_000),
        ("falcon-180b", "ml.p4d.24xlarge", "bitsandbytes-nf4", 8, 1_260_000),
        ("falcon-180b", "ml.g6e.12xlarge", "bitsandbytes-nf4", 4, 545_000),
        ("falcon-180b", "ml.g5.48xlarge", "bitsandbytes-nf4", 8, 506_000),
    ],
)
def test_what_fits_leaves_room_for_requests(
    model: str, instance_type: str, quantize: str | None, shards: int, tokens: int
) -> None:
    found = _fit(model, instance_type, quantize)
    assert found.fits
    assert found.shards == shards
    assert found.room_tokens == pytest.approx(tokens, rel=0.02)


@pytest.mark.parametrize(
    ("model", "instance_type", "quantize"),
    [
        ("falcon-40b", "ml.g5.16xlarge", None),
        ("falcon-40b", "ml.p5.4xlarge", None),
        ("falcon-180b", "ml.p4d.24xlarge", None),
        ("falcon-180b", "ml.g6e.48xlarge", None),
        ("falcon-180b", "ml.g5.48xlarge", None),
        ("falcon-180b", "ml.g5.48xlarge", "bitsandbytes"),
    ],
)
def test_what_does_not_fit(model: str, instance_type: str, quantize: str | None) -> None:
    found = _fit(model, instance_type, quantize)
    assert not found.fits
    assert found.room_gib < 0
    assert (found.room_tokens, found.sequences) == (0, 0)


def test_requests_of_full_length_at_once() -> None:
    assert _fit("falcon-40b", "ml.g5.12xlarge").sequences == 10
    assert _fit("falcon-180b-chat", "ml.p4de.24xlarge").sequences == 734


def test_the_largest_of_few_gpus_is_one_for_7b() -> None:
    assert [_fit("falcon-7b", name).shards for name in ("ml.g5.2xlarge", "ml.g5.12xlarge", "ml.g5.48xlarge")] == [1] * 3
    assert _fit("falcon-7b", "ml.g5.12xlarge").arithmetic.startswith("1 of 4 x 24 GiB less the reserve")


@pytest.mark.parametrize(("model", "instance_type"), PAIRS, ids=lambda one: one if isinstance(one, str) else one.name)
def test_whatever_jumpstart_supports_fits_and_shards_as_jumpstart_says(model: CatalogModel, instance_type: str) -> None:
    found = fit(model, INSTANCE_TYPES[instance_type])
    assert found.fits
    assert model.environment(instance_type)["SM_NUM_GPUS"] == str(found.shards)


def test_the_arithmetic_is_a_readable_calculation() -> None:
    assert _fit("falcon-180b-chat", "ml.p4d.24xlarge").arithmetic == (
        "8 x 40 GiB less the reserve (10% and 1.5 GiB per GPU) leave 276.0 GiB; "
        "falcon-180b-chat in bf16 needs 334.4 GiB for its weights alone"
    )
    assert _fit("falcon-180b-chat", "ml.p4d.24xlarge", "bitsandbytes").arithmetic == (
        "8 x 40 GiB less the reserve (10% and 1.5 GiB per GPU) leave 276.0 GiB; "
        "falcon-180b-chat with bitsandbytes needs 167.2 GiB for its weights, "
        "and 348 requests of 2048 tokens fit beside them"
    )


@pytest.mark.parametrize("model", MODELS.values(), ids=lambda model: model.name)
def test_alternatives_fit_and_begin_with_the_cheapest(model: CatalogModel) -> None:
    found = alternatives(model)
    prices = [one.instance_type.usd_per_hour for one in found]
    known = [price for price in prices if price is not None]
    assert all(one.fits for one in found)
    assert known == sorted(known)
    assert None not in prices[: len(known)]
    assert {one.instance_type.name for one in found if one.quantize is None} >= set(model.supported_instance_types)
    for one in found:
        assert one.quantize != "fp8" or one.instance_type.gpu.name in {"L4", "L40S", "H100", "H200"}


def test_180b_is_cheapest_in_four_bits() -> None:
    assert "nf4" in str(alternatives(MODELS["falcon-180b"])[0].quantize)
    bf16 = [one.instance_type.name for one in alternatives(MODELS["falcon-180b"]) if one.quantize is None]
    assert bf16[:2] == ["ml.p4de.24xlarge", "ml.p5.48xlarge"]
