"""From the model's logits to the next token, with the processors and warpers of TGI in TGI's order.

Source: text_generation_server/utils/{tokens,logits_process,watermark}.py. The random numbers are numpy's, so a seed
gives the same text here again and again, but not the text that TGI's torch would give.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from local_aws.model_server.watermark import DELTA, green_list

Scores = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class SamplingParameters:
    """How tokens are chosen. The defaults switch everything off. `top_k` 0 means all tokens."""

    do_sample: bool = False
    temperature: float = 1.0
    top_k: int = 0
    top_p: float = 1.0
    typical_p: float = 1.0
    repetition_penalty: float = 1.0
    frequency_penalty: float = 0.0
    watermark: bool = False
    seed: int = 0

    @property
    def samples(self) -> bool:
        """Whether tokens are drawn at random. Any warper switches sampling on, even with do_sample false."""
        warps = self.temperature != 1.0 or self.top_k != 0 or self.top_p < 1.0 or self.typical_p < 1.0
        return self.do_sample or warps


class Constraint(Protocol):
    """What restricts the next token; `grammar.GrammarState` is one."""

    def masked(self, scores: Scores) -> Scores:
        """`scores` with minus infinity for each token that may not come next."""

    def advance(self, token: int) -> None:
        """Goes on after `token`."""


class TokenChooser:
    """Chooses the tokens of one sequence; holds its random generator. `constraint` None allows every token."""

    def __init__(self, parameters: SamplingParameters, constraint: Constraint | None = None) -> None:
        self._constraint = constraint
        self._parameters = parameters
        self._random = np.random.default_rng(parameters.seed) if parameters.samples else None
        self._warpers = _warpers(parameters)

    def choose(self, context: Sequence[int], logits: NDArray[np.float32]) -> tuple[int, Scores]:
        """The next token after `context` (ids, not empty), and the log probabilities that it was chosen from."""
        logprobs = self.logprobs(context, logits)
        if self._random is None:
            chosen = int(np.argmax(logprobs))
        else:
            # The exponential race of TGI's Sampling: argmax(p / q) with q ~ Exp(1) is a draw from p.
            chosen = int(np.argmax(np.exp(logprobs) / self._random.standard_exponential(len(logprobs))))
        if self._constraint is not None:
            self._constraint.advance(chosen)
        return chosen, logprobs

    def logprobs(self, context: Sequence[int], logits: NDArray[np.float32]) -> Scores:
        """The log probabilities of the next token after all processors and warpers."""
        scores = self._processed(context, logits.astype(np.float64))
        for warp in self._warpers:
            scores = warp(scores)
        return log_softmax(scores)

    def _processed(self, context: Sequence[int], scores: Scores) -> Scores:
        parameters = self._parameters
        if parameters.watermark:
            scores[green_list(context[-1], len(scores))] += DELTA
        if parameters.repetition_penalty != 1.0:
            seen = np.unique(context)
            penalty = parameters.repetition_penalty
            scores[seen] = np.where(scores[seen] < 0, scores[seen] * penalty, scores[seen] / penalty)
        if parameters.frequency_penalty != 0.0:
            frequency = np.bincount(context, minlength=len(scores)) / len(context)
            scores -= parameters.frequency_penalty * frequency
        return scores if self._constraint is None else self._constraint.masked(scores)


def log_softmax(scores: Scores) -> Scores:
    """Natural logarithms of the probabilities; -inf stays -inf."""
    shifted = scores - scores.max()
    return np.asarray(shifted - np.log(np.exp(shifted).sum()))


def _warpers(parameters: SamplingParameters) -> list[Callable[[Scores], Scores]]:
    """The warpers that these parameters switch on, in TGI's order."""
    warpers: list[Callable[[Scores], Scores]] = []
    if parameters.temperature != 1.0:
        warpers.append(lambda scores: scores / parameters.temperature)
    if parameters.top_k != 0:
        warpers.append(lambda scores: keep_top_k(scores, parameters.top_k))
    if parameters.top_p < 1.0:
        warpers.append(lambda scores: keep_top_p(scores, parameters.top_p))
    if parameters.typical_p < 1.0:
        warpers.append(lambda scores: keep_typical(scores, parameters.typical_p))
    return warpers


def keep_top_k(scores: Scores, count: int) -> Scores:
    """The `count` best scores (and what ties with the last of them); the rest becomes -inf."""
    if count >= len(scores):
        return scores
    return np.where(scores < np.partition(scores, -count)[-count], -np.inf, scores)


def keep_top_p(scores: Scores, mass: float) -> Scores:
    """The smallest set of best tokens whose probabilities add up to `mass`; at least the best one."""
    order = np.argsort(scores, kind="stable")
    removed = np.cumsum(np.exp(log_softmax(scores))[order]) <= 1 - mass
    removed[-1] = False
    kept = scores.copy()
    kept[order[removed]] = -np.inf
    return kept


def keep_typical(scores: Scores, mass: float) -> Scores:
    """Locally typical tokens (https://arxiv.org/abs/2202.00666) with a probability of `mass` together."""
    logprobs = log_softmax(scores)
    probabilities = np.exp(logprobs)
    possible = probabilities > 0
    entropy = -(probabilities[possible] * logprobs[possible]).sum()
    distance = np.abs(-logprobs - entropy)
    order = np.argsort(distance, kind="stable")
    last = min(int((np.cumsum(probabilities[order]) < mass).sum()), len(order) - 1)
    removed = distance > distance[order[last]]
    removed[order[0]] = False
    return np.where(removed, -np.inf, scores)
