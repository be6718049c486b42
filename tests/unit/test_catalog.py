"""The catalog says what JumpStart does."""

from __future__ import annotations

import pytest

from falconry.catalog import MODELS, REGIONS, samples


def test_the_six_models_of_the_announcement_are_there() -> None:
    rows = {
        name: (model.jumpstart_model_id, model.max_total_tokens, model.latency_per_token_ms)
        for name, model in MODELS.items()
    }

    assert rows == {
        "falcon-7b": ("huggingface-llm-falcon-7b-bf16", 2048, 34),
        "falcon-7b-instruct": ("huggingface-llm-falcon-7b-instruct-bf16", 2048, 34),
        "falcon-40b": ("huggingface-llm-falcon-40b-bf16", 2048, 57),
        "falcon-40b-instruct": ("huggingface-llm-falcon-40b-instruct-bf16", 2048, 57),
        "falcon-180b": ("huggingface-llm-falcon-180b-bf16", 2048, 45),
        "falcon-180b-chat": ("huggingface-llm-falcon-180b-chat-bf16", 2048, 45),
    }


@pytest.mark.parametrize(
    ("model", "instance_type", "gpus"),
    [
        ("falcon-7b", "ml.g5.2xlarge", "1"),
        ("falcon-40b", "ml.g5.12xlarge", "4"),
        ("falcon-40b", "ml.g5.48xlarge", "8"),
        ("falcon-180b", "ml.p4de.24xlarge", "8"),
        ("falcon-180b-chat", "ml.p5.48xlarge", "8"),
    ],
)
def test_a_model_is_sharded_over_the_gpus_of_its_instance(model: str, instance_type: str, gpus: str) -> None:
    assert MODELS[model].environment(instance_type)["SM_NUM_GPUS"] == gpus


def test_the_images_tag_names_the_servers_version() -> None:
    assert {model.container_version for model in MODELS.values()} == {"1.4.0", "2.4.0"}
    assert MODELS["falcon-180b-chat"].container_version == "2.4.0"
    assert MODELS["falcon-180b-chat"].server == "TGI 2.4.0"


def test_40b_on_four_gpus_keeps_its_batches_small() -> None:
    assert MODELS["falcon-40b"].environment("ml.g5.12xlarge")["MAX_BATCH_TOTAL_TOKENS"] == "2048"
    assert "MAX_BATCH_TOTAL_TOKENS" not in MODELS["falcon-40b"].environment("ml.g5.48xlarge")


def test_default_instance_types_are_supported_ones() -> None:
    for model in MODELS.values():
        assert model.default_instance_type in model.supported_instance_types


def test_only_180b_needs_its_license_acknowledged() -> None:
    assert {name for name, model in MODELS.items() if model.requires_license_acceptance} == {
        "falcon-180b",
        "falcon-180b-chat",
    }


def test_every_region_has_a_registry_of_its_own() -> None:
    assert len(REGIONS) == 45
    for name, region in REGIONS.items():
        assert f".dkr.ecr.{name}." in region.image_registry
        assert len(region.image_account) == 12


def test_samples_have_a_question_and_an_answer() -> None:
    for sample in samples():
        assert sample.answer == sample.answer.strip()
        assert (sample.kind == "chat") == bool(sample.messages) == (not sample.prompt)
