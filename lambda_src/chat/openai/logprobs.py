"""Log probabilities of tokens in the two shapes that OpenAI gives them."""

from __future__ import annotations

from collections.abc import Sequence

from chat.serving.container import Token, TokenProbability


def of_chat(tokens: Sequence[Token], top: int) -> dict[str, object]:
    """The `logprobs` of a chat choice: one object a token, each with the `top` likeliest in its place."""
    return {"content": [{**_described(token), "top_logprobs": _top(token, top)} for token in tokens], "refusal": None}


def of_completion(tokens: Sequence[Token], offset: int, top: int) -> dict[str, object]:
    """The `logprobs` of a text completion: parallel lists. `offset` is where the first token's text begins in the
    choice's text."""
    offsets = []
    for token in tokens:
        offsets.append(offset)
        offset += len(token.text)
    return {
        "tokens": [token.text for token in tokens],
        "token_logprobs": [token.logprob for token in tokens],
        "top_logprobs": [{one.text: one.logprob for one in token.top[:top]} for token in tokens] if top else None,
        "text_offset": offsets,
    }


def _described(token: Token | TokenProbability) -> dict[str, object]:
    return {"token": token.text, "logprob": token.logprob, "bytes": list(token.text.encode("utf-8", "replace"))}


def _top(token: Token, count: int) -> list[dict[str, object]]:
    return [_described(one) for one in token.top[:count]]
