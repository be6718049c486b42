"""A container is one row: what Falconry sets and reads by its variables, and which images are its own."""

from __future__ import annotations

import dataclasses

import pytest

from falconry.catalog import CONTAINERS, INSTANCE_TYPES, MODELS, Container, container_of, fit
from falconry.catalog.containers import Variables

OTHER = Container(
    name="other",
    product="other-server",
    short_name="Other",
    repository="other-inference",
    version_in_tag=r":(\d[\d.]*)-",
    sdk_framework="other-llm",
    variables=Variables(
        model_path="OTHER_MODEL",
        shards="OTHER_GPUS",
        quantize="OTHER_QUANTIZE",
        max_total_tokens="OTHER_LENGTH",
        concurrent_requests="OTHER_REQUESTS",
    ),
    renamed_variables={},
    concurrent_requests=256,
    quantizations={"fp8": "0.5"},
)
"""A container without a limit for prompts alone, for stop sequences or for log probabilities."""


@pytest.mark.parametrize("name", MODELS)
def test_a_models_image_is_of_its_container(name: str) -> None:
    model = MODELS[name]

    assert container_of(f"763104351884.dkr.ecr.us-east-1.amazonaws.com/{model.image}") == model.container
    assert model.container.version_of(model.image) == model.container_version


def test_another_image_is_of_no_container() -> None:
    assert container_of("763104351884.dkr.ecr.us-east-1.amazonaws.com/pytorch-inference:2.6.0-gpu-py312") is None


def test_a_tag_without_a_version_is_refused() -> None:
    with pytest.raises(ValueError, match="names no version of text-generation-inference"):
        CONTAINERS["tgi"].version_of("huggingface-pytorch-tgi-inference:latest")


@pytest.mark.parametrize("name", CONTAINERS)
def test_what_falconry_sets_no_config_may_set(name: str) -> None:
    variables = CONTAINERS[name].variables

    assert {variables.model_path, variables.shards, variables.quantize} <= variables.reserved
    assert variables.reserved.isdisjoint(variables.counts)


def test_a_model_of_another_container_is_told_its_limits_by_that_ones_variables() -> None:
    model = dataclasses.replace(
        MODELS["falcon-40b"],
        container=OTHER,
        image="other-inference:0.6-gpu",
        base_environment={"OTHER_LENGTH": "8192", "OTHER_GPUS": "4"},
        environment_by_instance_type={},
    )

    assert (model.server, model.max_total_tokens, model.max_input_tokens) == ("Other 0.6", 8192, 8191)
    assert model.environment("ml.g6e.48xlarge", quantize="fp8") == {
        "OTHER_LENGTH": "8192",
        "OTHER_GPUS": "8",
        "OTHER_QUANTIZE": "fp8",
    }
    assert model.shards("ml.g6e.48xlarge") == fit(model, INSTANCE_TYPES["ml.g6e.48xlarge"]).shards == 8
    assert [one.name for one in model.quantizations] == ["fp8"]
