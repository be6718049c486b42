"""The sentences that refuse a deployment, whole: would a tired engineer know what to type next?"""

from __future__ import annotations

import re

import pytest

from falconry.catalog import INSTANCE_TYPES, MODELS, QUANTIZATIONS, unsupported, unsupported_reason


@pytest.mark.parametrize("name", MODELS)
def test_what_jumpstart_supports_passes(name: str) -> None:
    assert {unsupported_reason(name, instance_type) for instance_type in MODELS[name].supported_instance_types} == {
        None
    }


def test_what_jumpstart_supports_passes_even_where_the_catalog_knows_nothing_of_it(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(unsupported, "INSTANCE_TYPES", {})
    assert unsupported_reason("falcon-180b", "ml.p4de.24xlarge") is None
    assert unsupported_reason("falcon-180b", "ml.p4de.24xlarge", "bitsandbytes") is not None


@pytest.mark.parametrize(
    ("model", "instance_type", "quantize"),
    [
        ("falcon-180b-chat", "ml.p4d.24xlarge", "bitsandbytes"),
        ("falcon-180b", "ml.g6e.48xlarge", "fp8"),
        ("falcon-180b", "ml.p5en.48xlarge", None),
        ("falcon-40b", "ml.g6.12xlarge", None),
        ("falcon-7b-instruct", "ml.g6.2xlarge", "fp8"),
        ("falcon-7b", "ml.g6e.xlarge", "eetq"),
    ],
)
def test_other_instance_types_pass_where_the_model_fits(model: str, instance_type: str, quantize: str | None) -> None:
    assert unsupported_reason(model, instance_type, quantize) is None


REFUSALS = [
    (
        ("falcon-180b-chat", "ml.p4d.24xlarge", None),
        "ml.p4d.24xlarge is too small: 8 x 40 GiB less the reserve (10% and 1.5 GiB per GPU) leave 276.0 GiB; "
        "falcon-180b-chat in bf16 needs 334.4 GiB for its weights alone. "
        "Use ml.p4de.24xlarge or ml.p5.48xlarge, or quantize: bitsandbytes.",
    ),
    (
        ("falcon-180b", "ml.g5.48xlarge", "bitsandbytes"),
        "ml.g5.48xlarge is too small: 8 x 24 GiB less the reserve (10% and 1.5 GiB per GPU) leave 160.8 GiB; "
        "falcon-180b with bitsandbytes needs 167.2 GiB for its weights alone. "
        "Use ml.p4d.24xlarge, ml.p4de.24xlarge or ml.g6e.48xlarge, or quantize: bitsandbytes-nf4.",
    ),
    (
        ("falcon-180b", "ml.g5.2xlarge", None),
        "ml.g5.2xlarge is too small: 1 x 24 GiB less the reserve (10% and 1.5 GiB per GPU) leave 20.1 GiB; "
        "falcon-180b in bf16 needs 334.4 GiB for its weights alone. Use ml.p4de.24xlarge or ml.p5.48xlarge.",
    ),
    (
        ("falcon-40b", "ml.g5.12xlarge", "fp8"),
        "text-generation-inference 1.4.0, the image of falcon-40b, does not support quantize: fp8. "
        "Use bitsandbytes, eetq, bitsandbytes-nf4 or bitsandbytes-fp4, or leave it out for bf16.",
    ),
    (
        ("falcon-180b-chat", "ml.p4de.24xlarge", "fp8"),
        "fp8 needs GPUs that compute in 8-bit floating point (H100, H200, L4, L40S); "
        "ml.p4de.24xlarge has A100 80GB. "
        "Use quantize: bitsandbytes, eetq, bitsandbytes-nf4 or bitsandbytes-fp4, or another instance type.",
    ),
    (
        ("falcon-180b-chat", "ml.p4.24xlarge", None),
        "'ml.p4.24xlarge' is not an instance type that Falcon is known to run on. Did you mean ml.p4d.24xlarge? "
        "JumpStart deploys falcon-180b-chat on ml.p4de.24xlarge or ml.p5.48xlarge.",
    ),
    (
        ("falcon-180b", "p4de.24xlarge", None),
        "'p4de.24xlarge' is not an instance type that Falcon is known to run on. Did you mean ml.p4de.24xlarge? "
        "JumpStart deploys falcon-180b on ml.p4de.24xlarge or ml.p5.48xlarge.",
    ),
    (
        ("falcon-180b", "ml.m5.large", None),
        "'ml.m5.large' is not an instance type that Falcon is known to run on. "
        "JumpStart deploys falcon-180b on ml.p4de.24xlarge or ml.p5.48xlarge.",
    ),
    (
        ("falcon-180b", "ml.p3.16xlarge", None),
        "ml.p3.16xlarge has V100 GPUs, which flash attention does not support; text-generation-inference needs it for "
        "Falcon. JumpStart deploys falcon-180b on ml.p4de.24xlarge or ml.p5.48xlarge.",
    ),
    (
        ("falcon-180b", "ml.inf2.48xlarge", "bitsandbytes"),
        "ml.inf2.48xlarge has Inferentia2 chips and not the NVIDIA GPUs that the container needs. "
        "JumpStart deploys falcon-180b on ml.p4de.24xlarge or ml.p5.48xlarge.",
    ),
]


@pytest.mark.parametrize(("asked", "sentence"), REFUSALS, ids=["-".join(map(str, asked)) for asked, _ in REFUSALS])
def test_a_refusal_says_what_to_write_instead(asked: tuple[str, str, str | None], sentence: str) -> None:
    assert unsupported_reason(*asked) == sentence


def test_every_combination_that_a_refusal_suggests_passes() -> None:
    refused = 0
    for name in MODELS:
        for instance_type in INSTANCE_TYPES:
            for quantize in (None, *QUANTIZATIONS):
                sentence = unsupported_reason(name, instance_type, quantize)
                if sentence is None or " is too small: " not in sentence:
                    continue
                refused += 1
                mend = sentence.rpartition(". ")[2]
                larger = re.findall(r"ml\.[a-z0-9]+\.[a-z0-9]+", mend)
                smaller = re.findall(r"quantize: ([a-z0-9-]+)", mend)
                assert larger
                assert [unsupported_reason(name, one, quantize) for one in larger] == [None] * len(larger)
                assert [unsupported_reason(name, instance_type, one) for one in smaller] == [None] * len(smaller)
    assert refused > 50
