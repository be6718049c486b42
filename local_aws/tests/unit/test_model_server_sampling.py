"""How the model server turns logits into tokens. The masks are those of the warpers of transformers, which TGI uses."""

from __future__ import annotations

import numpy as np
import pytest
from local_aws.model_server.sampling import SamplingParameters, TokenChooser, keep_top_k, keep_top_p, keep_typical
from local_aws.model_server.watermark import green_list

PROBABILITIES = np.array([0.5, 0.25, 0.15, 0.07, 0.03])
LOGITS = np.log(PROBABILITIES).astype(np.float32)


def kept(scores: np.ndarray) -> list[int]:
    return np.flatnonzero(np.isfinite(scores)).tolist()


@pytest.mark.parametrize(("count", "expected"), [(1, [0]), (3, [0, 1, 2]), (5, [0, 1, 2, 3, 4]), (99, [0, 1, 2, 3, 4])])
def test_top_k_keeps_the_best_tokens(count: int, expected: list[int]) -> None:
    assert kept(keep_top_k(np.log(PROBABILITIES), count)) == expected


@pytest.mark.parametrize(("mass", "expected"), [(0.01, [0]), (0.6, [0, 1]), (0.8, [0, 1, 2]), (0.99, [0, 1, 2, 3, 4])])
def test_top_p_keeps_the_smallest_set_that_reaches_the_mass(mass: float, expected: list[int]) -> None:
    assert kept(keep_top_p(np.log(PROBABILITIES), mass)) == expected


@pytest.mark.parametrize(("mass", "expected"), [(0.2, [1]), (0.6, [0, 1]), (0.8, [0, 1, 2])])
def test_typical_p_prefers_tokens_of_expected_information(mass: float, expected: list[int]) -> None:
    assert kept(keep_typical(np.log(PROBABILITIES), mass)) == expected


def test_typical_p_accepts_scores_that_another_warper_has_excluded() -> None:
    assert kept(keep_typical(keep_top_k(np.log(PROBABILITIES), 2), 0.9)) == [0, 1]


def test_without_sampling_the_most_likely_token_is_chosen() -> None:
    token, logprobs = TokenChooser(SamplingParameters()).choose([0], LOGITS)
    assert token == 0
    assert logprobs[0] == pytest.approx(np.log(0.5), abs=1e-6)


def test_draws_follow_the_probabilities() -> None:
    chooser = TokenChooser(SamplingParameters(do_sample=True, seed=1))
    drawn = np.bincount([chooser.choose([0], LOGITS)[0] for _ in range(4000)], minlength=5) / 4000
    assert drawn == pytest.approx(PROBABILITIES, abs=0.03)


def test_the_same_seed_draws_the_same_tokens_and_another_seed_others() -> None:
    def draw(seed: int) -> list[int]:
        chooser = TokenChooser(SamplingParameters(do_sample=True, seed=seed))
        return [chooser.choose([0], LOGITS)[0] for _ in range(40)]

    assert draw(7) == draw(7)
    assert draw(7) != draw(8)
    assert draw(2**64 - 1) == draw(2**64 - 1)


def test_temperature_sharpens_the_reported_probabilities() -> None:
    _, logprobs = TokenChooser(SamplingParameters(temperature=0.5, seed=1)).choose([0], LOGITS)
    assert np.exp(logprobs) == pytest.approx(PROBABILITIES**2 / (PROBABILITIES**2).sum(), abs=1e-6)


@pytest.mark.parametrize(
    ("parameters", "samples"),
    [
        (SamplingParameters(), False),
        (SamplingParameters(temperature=1.0, repetition_penalty=1.2, watermark=True), False),
        (SamplingParameters(do_sample=True), True),
        (SamplingParameters(temperature=0.6), True),
        (SamplingParameters(top_k=10), True),
        (SamplingParameters(top_p=0.9), True),
        (SamplingParameters(typical_p=0.9), True),
    ],
)
def test_any_warper_switches_sampling_on(parameters: SamplingParameters, samples: bool) -> None:
    assert parameters.samples is samples


def test_repetition_penalty_weakens_tokens_of_either_sign() -> None:
    logits = np.array([4.0, 3.0, -1.0], dtype=np.float32)
    token, logprobs = TokenChooser(SamplingParameters(repetition_penalty=2.0)).choose([0, 0, 2], logits)
    assert token == 1
    assert logprobs[0] - logprobs[1] == pytest.approx(2.0 - 3.0)
    assert logprobs[2] - logprobs[1] == pytest.approx(-2.0 - 3.0)


def test_frequency_penalty_grows_with_the_share_of_a_token() -> None:
    logits = np.zeros(3, dtype=np.float32)
    _, logprobs = TokenChooser(SamplingParameters(frequency_penalty=1.0)).choose([0, 0, 0, 1], logits)
    assert logprobs[2] - logprobs[0] == pytest.approx(0.75)
    assert logprobs[2] - logprobs[1] == pytest.approx(0.25)


def test_the_green_list_is_the_one_that_torch_permutes() -> None:
    assert green_list(11, 1866)[:6].tolist() == [953, 228, 1694, 1026, 601, 269]
    assert green_list(65000, 65024)[:6].tolist() == [14984, 46897, 48524, 13514, 54945, 52039]
    assert len(set(green_list(11, 1866).tolist())) == 933


def test_the_watermark_favours_green_tokens() -> None:
    logits = np.zeros(100, dtype=np.float32)
    token, logprobs = TokenChooser(SamplingParameters(watermark=True)).choose([3], logits)
    green = green_list(3, 100)
    assert token in green
    assert logprobs[green].min() - logprobs.min() == pytest.approx(2.0)
