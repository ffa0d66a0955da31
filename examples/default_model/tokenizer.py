"""A small CLIP tokenizer, whose byte-pair merges make one token of each word in captions."""

import itertools
from collections import Counter

from tokenizers.pre_tokenizers import ByteLevel
from transformers import CLIPTokenizer

from .captions import vocabulary

LENGTH = 77
"""The number of tokens in a prompt, as in Stable Diffusion."""

END = "</w>"


def _merges(words: list[str]) -> list[tuple[str, str]]:
    """Return the merges: the most frequent pair, repeatedly, until each word is one symbol."""
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
    """Build the tokenizer. As in CLIP, the end token has the highest id and is the padding."""
    letters = sorted(ByteLevel.alphabet())
    merges = _merges(vocabulary())
    tokens = [*letters, *(letter + END for letter in letters)]
    tokens += dict.fromkeys("".join(pair) for pair in merges if "".join(pair) not in set(tokens))
    tokens += ["<|startoftext|>", "<|endoftext|>"]
    ids = {token: i for i, token in enumerate(tokens)}
    return CLIPTokenizer(vocab=ids, merges=merges, model_max_length=LENGTH)
