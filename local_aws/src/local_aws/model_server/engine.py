"""Generation with CTranslate2, one token at a time, under TGI's sampling and stopping rules.

CTranslate2 decodes greedily and hands the logits of every step to a callback. The callback chooses the token by TGI's
rules; where the choice differs from CTranslate2's own, decoding starts again from the longer prefix. Greedy requests
therefore run at full speed, and sampled ones pay a prefill for each token that is not the most likely one.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import ctranslate2
import numpy as np
from numpy.typing import NDArray

from local_aws.model_server.decoding import IncrementalDecoder, added_text
from local_aws.model_server.errors import GenerationError
from local_aws.model_server.grammar import Grammars, GrammarState
from local_aws.model_server.model_folder import ModelFolder
from local_aws.model_server.sampling import SamplingParameters, Scores, TokenChooser
from local_aws.model_server.stopping import FinishReason, StoppingCriteria
from local_aws.model_server.validation import ValidRequest


@dataclass(frozen=True, slots=True)
class Token:
    """A token with its text. `logprob` is None for a prompt's first token; `special` ones are left out of texts."""

    id: int
    text: str
    logprob: float | None
    special: bool


@dataclass(frozen=True, slots=True)
class GeneratedText:
    """What is known when a generation has ended. `seed` is None unless tokens were drawn at random."""

    text: str
    finish_reason: FinishReason
    generated_tokens: int
    seed: int | None


@dataclass(frozen=True, slots=True)
class Step:
    """One generated token. `top_tokens`: the likeliest at its place, if asked for. Only the last step has `end`."""

    token: Token
    top_tokens: list[Token]
    end: GeneratedText | None


class Engine:
    """A loaded model. `generate` and `prefill` block and may be called from several threads.

    `inter_threads` generations run at a time, each on `intra_threads` cores. With `native_sampling` CTranslate2 draws
    the tokens of requests that ask for nothing but temperature, top_k or top_p and give no seed. On a large model that
    saves the prefills, but then the seed in the answer does not reproduce it.
    """

    def __init__(
        self, folder: ModelFolder, *, inter_threads: int, intra_threads: int, native_sampling: bool = False
    ) -> None:
        self._folder = folder
        self._grammars = Grammars(folder)
        self._native_sampling = native_sampling
        self._generator = ctranslate2.Generator(
            str(folder.path), device="cpu", inter_threads=inter_threads, intra_threads=intra_threads
        )

    def encode(self, text: str) -> list[int]:
        """Token ids of `text`; special tokens written out in it are recognised."""
        return list(self._folder.tokenizer.encode(text).ids)

    def decode(self, ids: Sequence[int], skip_special: bool) -> str:
        """Text of `ids`."""
        return self._folder.tokenizer.decode(list(ids), skip_special_tokens=skip_special)

    def prefill(self, ids: Sequence[int]) -> list[Token]:
        """The prompt's tokens with the log probability of each after those before it."""
        view = self._generator.forward_batch([self._names(ids)], return_log_probs=True)
        logprobs: NDArray[np.float32] = np.array(view)[0]
        values = [None, *(float(logprobs[place, number]) for place, number in enumerate(ids[1:]))]
        return [
            self.token(number, self.decode([number], False), value) for number, value in zip(ids, values, strict=True)
        ]

    def generate(self, request: ValidRequest, emit: Callable[[Step], None], cancelled: threading.Event) -> None:
        """Calls `emit` for every token as it is made. Ends early, without a last step, once `cancelled` is set.

        Raises GenerationError if CTranslate2 fails, or the grammar is none.
        """
        sequence = _Sequence(self, request, self._folder.eos_ids, self._grammars.start(request.grammar))
        failures: list[Exception] = []
        native = _native_options(request) if self._native_sampling else {}

        def on_step(step: ctranslate2.GenerationStepResult) -> bool:
            """Returns True where CTranslate2 has to stop. It must not raise: the exception would cross C++ threads."""
            try:
                if cancelled.is_set():
                    return True
                made = sequence.advance(np.array(step.logits)[0], step.token_id if native else None)
                emit(made)
                return made.end is not None or made.token.id != step.token_id
            except Exception as error:
                failures.append(error)
                return True

        try:
            while not (sequence.ended or cancelled.is_set() or failures):
                before = sequence.generated
                self._generator.generate_batch(
                    [self._names(sequence.ids)],
                    max_length=request.max_new_tokens - sequence.generated,
                    include_prompt_in_result=False,
                    return_logits_vocab=True,
                    callback=on_step,
                    **native,
                )
                if sequence.generated == before and not (cancelled.is_set() or failures):
                    raise GenerationError("the model gave no token")
        except (RuntimeError, ValueError) as error:
            raise GenerationError(str(error)) from error
        if failures:
            raise GenerationError(str(failures[0])) from failures[0]

    def token(self, number: int, text: str, logprob: float | None) -> Token:
        """Token `number` with its text, as responses show it."""
        return Token(number, text, logprob, number in self._folder.special_ids)

    def _names(self, ids: Sequence[int]) -> list[str]:
        return [self._folder.tokens[number] for number in ids]


def _native_options(request: ValidRequest) -> dict[str, float]:
    """What lets CTranslate2 draw the tokens of `request` itself; {} if it cannot do it as TGI does."""
    sampling = request.sampling
    plain = SamplingParameters(
        sampling.do_sample, sampling.temperature, sampling.top_k, sampling.top_p, seed=sampling.seed
    )
    if request.seeded or request.grammar is not None or not sampling.samples or sampling != plain:
        return {}
    return {
        "sampling_topk": sampling.top_k,
        "sampling_topp": sampling.top_p,
        "sampling_temperature": sampling.temperature,
    }


class _Sequence:
    """The state of one generation."""

    def __init__(
        self, engine: Engine, request: ValidRequest, eos_ids: Sequence[int], grammar: GrammarState | None
    ) -> None:
        self.ids = list(request.input_ids)
        self.ended = False
        self._engine = engine
        self._request = request
        self._chooser = TokenChooser(request.sampling, grammar)
        self._decoder = IncrementalDecoder(engine.decode, len(request.input_ids))
        self._stopping = StoppingCriteria(request.max_new_tokens, eos_ids, request.stop)

    @property
    def generated(self) -> int:
        """Tokens so far, without the prompt."""
        return len(self.ids) - len(self._request.input_ids)

    def advance(self, logits: NDArray[np.float32], drawn: int | None) -> Step:
        """Adds the next token: the one that CTranslate2 has drawn, or else one chosen from `logits`."""
        if drawn is None:
            number, logprobs = self._chooser.choose(self.ids, logits)
        else:
            number, logprobs = drawn, self._chooser.logprobs(self.ids, logits)
        self.ids.append(number)
        text = self._decoder.next(self.ids)
        reason = self._stopping.check(number, text)
        self.ended = reason is not None
        return Step(
            token=self._engine.token(number, text, float(logprobs[number])),
            top_tokens=self._top(logprobs),
            end=None if reason is None else self._end(reason),
        )

    def _top(self, logprobs: Scores) -> list[Token]:
        numbers = [int(number) for number in np.argsort(-logprobs, kind="stable")[: self._request.top_n_tokens]]
        decode = self._engine.decode
        return [self._engine.token(number, decode([number], False), float(logprobs[number])) for number in numbers]

    def _end(self, reason: FinishReason) -> GeneratedText:
        """The text without special tokens. It is "" if the last character is incomplete, as in TGI."""
        start = len(self.ids) - self.generated
        sampling = self._request.sampling
        return GeneratedText(
            text=added_text(self._engine.decode, self.ids, max(start - 1, 0), start, skip_special=True),
            finish_reason=reason,
            generated_tokens=self.generated,
            seed=sampling.seed if sampling.samples else None,
        )
