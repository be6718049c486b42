"""The watermark of Kirchenbauer et al. (https://arxiv.org/abs/2301.10226) with TGI's constants.

The token before seeds a generator that picks the green half of the vocabulary; green tokens get a bonus. Whoever knows
the hash key can count green tokens in a text and tell whether it was generated. The green list is the one that TGI
picks on a CPU: torch's `randperm` over a Mersenne Twister, which numpy's legacy generator shares bit by bit. (On a GPU
torch permutes with another generator.)
"""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

GAMMA = 0.5
DELTA = 2.0
HASH_KEY = 15485863


@lru_cache(maxsize=1024)
def green_list(previous_token: int, vocabulary: int) -> NDArray[np.int64]:
    """The green tokens after `previous_token`: the first half of a seeded permutation of `vocabulary` ids."""
    size = int(vocabulary * GAMMA)
    seed = HASH_KEY * previous_token & 0xFFFFFFFF
    draws = np.random.RandomState(seed).randint(0, 2**32, size=size, dtype=np.uint32).tolist()
    permutation = list(range(vocabulary))
    for position, draw in enumerate(draws):
        other = position + draw % (vocabulary - position)
        permutation[position], permutation[other] = permutation[other], permutation[position]
    return np.array(permutation[:size], dtype=np.int64)
