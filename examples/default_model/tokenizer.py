"""A small CLIP tokenizer: byte-pair merges that make one token of every word captions know."""

import itertools
from collections import Counter

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from .captions import vocabulary

LENGTH = 77
"""Tokens in a prompt, as in Stable Diffusion."""

END = "</w>"


def _merges(words: list[str]) -> list[tuple[str, str]]:
    """Merge the most frequent pair again and again until each word is one symbol."""
    split = [[*word[:-1], word[-1] + END] for word in words]
    merges: list[tuple[str, str]] = []
    while pairs := Counter(pair for word in split for pair in itertools.pairwise(word)):
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        merges.append(best)
        for word in split:
            for i in range(len(word) - 2, -1, -1):
                if tuple(word[i : i + 2]) == best:
                    word[i : i + 2] = ["".join(best)]
    return merges


def build_tokenizer() -> CLIPTokenizer:
    """Build the tokenizer; the end token has the highest id and pads, as CLIP's does."""
    letters = sorted(ByteLevel.alphabet())
    merges = _merges(vocabulary())
    tokens = [*letters, *(letter + END for letter in letters)]
    tokens += dict.fromkeys("".join(pair) for pair in merges if "".join(pair) not in set(tokens))
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    ids = {token: i for i, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=ids, merges=merges, model_max_length=LENGTH)
