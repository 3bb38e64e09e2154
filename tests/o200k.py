"""Counts tokens as o200k, the tokenizer of the models that assistants use."""

import importlib
import warnings
from collections.abc import Callable, Sequence
from functools import lru_cache


def tokens(text: str) -> int:
    """Return how many tokens a text has."""
    return len(_encode()(text))


@lru_cache(maxsize=1)
def _encode() -> Callable[[str], Sequence[int]]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)  # the library opens its tables the old way
        library = importlib.import_module("bpe_openai")
        ordinary: Callable[[str], Sequence[int]] = library.get_encoding("o200k_base").encode_ordinary
    return ordinary
