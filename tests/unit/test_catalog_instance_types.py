"""Instance types and quantizations as data, and the environment that follows from them."""

from __future__ import annotations

import pytest

from falconry.catalog import CONTAINERS, INSTANCE_TYPES, MODELS, QUANTIZATIONS


@pytest.mark.parametrize("name", MODELS)
def test_every_instance_type_that_jumpstart_names_is_known(name: str) -> None:
    model = MODELS[name]
    assert {*model.supported_instance_types, *model.environment_by_instance_type} <= INSTANCE_TYPES.keys()


def test_an_instance_type_has_its_gpus() -> None:
    found = INSTANCE_TYPES["ml.p4de.24xlarge"]
    assert (found.gpu.name, found.gpu_count, found.gpu.memory_gib) == ("A100 80GB", 8, 80)
    assert (found.family, found.vcpu, found.memory_gib, found.local_nvme_gb) == ("p4de", 96, 1152, 8000)


def test_a_price_says_whose_it_is_and_when_it_was_read() -> None:
    prices = [one.price for one in INSTANCE_TYPES.values() if one.price]
    assert len(prices) > 20
    assert all(price.source and price.read.startswith("2026-") for price in prices)


def test_sagemakers_price_is_estimated_from_ec2s_where_it_is_not_known() -> None:
    assert INSTANCE_TYPES["ml.g5.48xlarge"].usd_per_hour == 20.36
    assert INSTANCE_TYPES["ml.p5.48xlarge"].usd_per_hour == pytest.approx(63.3, abs=0.01)
    assert INSTANCE_TYPES["ml.g6e.2xlarge"].usd_per_hour == pytest.approx(2.80, abs=0.01)
    assert INSTANCE_TYPES["ml.p5e.48xlarge"].usd_per_hour is None


def test_an_image_knows_the_quantizations_of_its_version() -> None:
    by_version = {model.container_version: {one.name for one in model.quantizations} for model in MODELS.values()}
    assert by_version == {
        "1.4.0": {"bitsandbytes", "bitsandbytes-nf4", "bitsandbytes-fp4", "eetq"},
        "2.4.0": {"bitsandbytes", "bitsandbytes-nf4", "bitsandbytes-fp4", "eetq", "fp8"},
    }
    assert QUANTIZATIONS["fp8"] not in CONTAINERS["tgi"].quantizations_of("1.10.0")


def test_quantizing_is_one_more_variable() -> None:
    model = MODELS["falcon-40b"]
    plain = model.environment("ml.g5.48xlarge")
    assert "HF_MODEL_QUANTIZE" not in plain
    assert model.environment("ml.g5.48xlarge", quantize="eetq") == {**plain, "HF_MODEL_QUANTIZE": "eetq"}


@pytest.mark.parametrize(
    ("model", "instance_type", "gpus"),
    [
        ("falcon-180b", "ml.p4d.24xlarge", "8"),
        ("falcon-180b", "ml.g6e.12xlarge", "4"),
        ("falcon-40b", "ml.g6e.xlarge", "1"),
        ("falcon-40b", "ml.g6e.48xlarge", "8"),
        ("falcon-7b", "ml.g6.12xlarge", "1"),
    ],
)
def test_where_jumpstart_says_nothing_the_model_is_split_over_the_gpus_it_can_use(
    model: str, instance_type: str, gpus: str
) -> None:
    assert MODELS[model].environment(instance_type)["SM_NUM_GPUS"] == gpus


def test_the_same_gpu_memory_has_the_same_limits() -> None:
    model = MODELS["falcon-40b"]
    assert model.environment("ml.g6.12xlarge") == model.environment("ml.g5.12xlarge")
    assert "MAX_BATCH_PREFILL_TOKENS" not in model.environment("ml.g6e.12xlarge")
