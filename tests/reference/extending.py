"""Plain byte-pair encodings: the choice of merges, and an encoder of byte-level models that follows the definition."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from itertools import pairwise
from typing import Any

import regex

WORDS = regex.compile(r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+")


def byte_letters() -> dict[int, str]:
    """The letter of each byte: visible characters of Latin-1 are themselves, the others follow U+0100 in order."""
    visible = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    letters = {byte: chr(byte) for byte in visible}
    for byte in range(256):
        if byte not in letters:
            letters[byte] = chr(256 + len(letters) - len(visible))
    return letters


def merge_word(word: list[Any], ranks: dict[tuple[Any, Any], int], results: dict[tuple[Any, Any], Any]) -> list[Any]:
    """Merge the pair of the lowest rank, the first of equal ones, until no pair has a rank."""
    word = list(word)
    while True:
        pairs = [(ranks[pair], place) for place, pair in enumerate(pairwise(word)) if pair in ranks]
        if not pairs:
            return word
        place = min(pairs)[1]
        word[place : place + 2] = [results[word[place], word[place + 1]]]


def count_pairs(words: Iterable[tuple[tuple[Any, ...], int]]) -> Counter[tuple[Any, Any]]:
    """How often each pair of neighbours occurs in words with their counts."""
    pairs: Counter[tuple[Any, Any]] = Counter()
    for word, count in words:
        for pair in pairwise(word):
            pairs[pair] += count
    return pairs


class ByteLevelBpe:
    """The encoder of a tokenizer.json with the pre-tokenizer ByteLevel, whose words are those of `WORDS`."""

    def __init__(self, value: dict[str, Any]) -> None:
        model = value["model"]
        self.vocab: dict[str, int] = model["vocab"]
        self.whole_words: bool = bool(model.get("ignore_merges"))
        merges = [tuple(pair.split(" ")) if isinstance(pair, str) else tuple(pair) for pair in model["merges"]]
        self.ranks = {pair: rank for rank, pair in enumerate(merges)}
        self.results = {pair: "".join(pair) for pair in merges}
        self.added = {token["content"]: token["id"] for token in value["added_tokens"]}
        self.letters = byte_letters()

    def encode(self, text: str) -> list[int]:
        names = sorted(self.added, key=len, reverse=True)
        parts = regex.split(f"({'|'.join(map(regex.escape, names))})", text) if names else [text]
        ids = []
        for place, part in enumerate(parts):
            ids += [self.added[part]] if place % 2 else self._encode_part(part)
        return ids

    def _encode_part(self, text: str) -> list[int]:
        ids = []
        for word in WORDS.findall(text):
            letters = "".join(self.letters[byte] for byte in word.encode())
            if self.whole_words and letters in self.vocab:
                ids.append(self.vocab[letters])
            else:
                ids += [self.vocab[piece] for piece in merge_word(list(letters), self.ranks, self.results)]
        return ids
