"""The words of a trade and of conversation, loaded from data files into one tree of words."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cache, lru_cache
from hashlib import sha256
from importlib.resources import files
from typing import Any, Final

from .normalize import clean, fold
from .remembering import Remembered
from .trade import DEFAULT, Trade, read_trade

Node = dict[str, Any]
_ENTRIES: Final = ""  # the key of a node under which its entries stand: no word is empty
_SHORTEST_STEM: Final = 3
_SHORTEST_SOUND: Final = 5  # letters: of shorter words, many sound alike ("مربا", "مربع")
_SOUNDS: Final = str.maketrans("طظضذصثغحع", "تزززسسقها")  # letters that Persian pronounces alike
_SKIPPED: Final = frozenset({"ی", "های", "ها", "ای"})  # endings that a half-space has set apart
_LONGEST_WORD: Final = 32
_DIGITS: Final = 32
_HYPHEN: Final = re.compile(r"(?<=[^\W\d_])-(?=[^\W\d_])")
SENTENCE_ENDS: Final = frozenset(".!?؟;؛\n")
CLAUSE_ENDS: Final = SENTENCE_ENDS | frozenset("،,|()[]")
VERB_PREFIXES: Final = frozenset({"می", "نمی"})
_EDGES: Final = {
    "akhar": "آخر",
    "akhare": "آخر",
    "avval": "اول",
    "avale": "اول",
    "end": "end of",
    "beginning": "beginning of",
}


@dataclass(frozen=True, slots=True)
class Entry:
    """Name one meaning of a spelling: what it is (``kind``), how it is shown, of which ``family`` it is one."""

    kind: str
    fa: str
    en: str
    family: str = ""

    marks: str = field(init=False)  # the marker that it sets in a clause, if any
    names: bool = field(init=False)  # something by itself; units, months and durations take a number

    def __post_init__(self) -> None:
        object.__setattr__(self, "marks", self.kind[1:] if self.kind[0] == "~" else "")
        object.__setattr__(self, "names", self.kind[0] not in "~#" and self.kind not in {"month", "duration"})


@dataclass(frozen=True, slots=True)
class Word:
    """Hold what a word begins: its entries when it stands alone, the nodes that further words lead on from."""

    entries: list[Entry]
    nodes: tuple[Node, ...]
    counts: bool  # can begin a number or a date


@dataclass(frozen=True, slots=True)
class Slot:
    """Describe a property of a product: labels, place in the summary, whether it holds many values or one per part."""

    fa: str
    en: str
    rank: int
    many: bool = False
    parts: bool = False
    replaces: tuple[str, ...] = ()
    itself: str = ""  # words for the property itself, whichever value it has: "with lamination"
    named: bool = False  # also in a refusal: "no matte lamination"
    least: float = 0.0  # a number outside of these is none of this slot; within them it may go without its unit
    most: float = 0.0

    def admits(self, value: float) -> bool:
        """Tell whether a number can be a value of this slot."""
        return self.most == 0 or self.least <= value <= self.most


class Vocabulary:
    """Answer which entries stand at a place in a sequence of words, inflected forms included."""

    def __init__(self, language: Mapping[str, Any], trade: Mapping[str, Any]) -> None:
        self.fingerprint = sha256(json.dumps([language, trade]).encode()).hexdigest()[:_DIGITS]
        self.tree: Node = {}
        self.words: set[str] = set()
        self.numbers: dict[str, int] = {_key(word): value for word, value in language["numbers"].items()}
        self.multipliers: dict[str, int] = {_key(word): value for word, value in language["multipliers"].items()}
        self.ordinals: dict[str, int] = {_key(word): value for word, value in language["ordinals"].items()}
        self.edges: dict[str, str] = {_key(word): _EDGES.get(word, word) for word in language["month_edges"].split("|")}
        self.suffixes: tuple[str, ...] = tuple(map(_key, language["suffixes"].split("|")))
        self.slots: dict[str, Slot] = {
            name: Slot(**{**slot, "replaces": tuple(slot.get("replaces", ()))}) for name, slot in trade["slots"].items()
        }
        self.interest: dict[str, str] = trade["interest"]
        self.order: dict[str, str] = trade["order"]
        self.held: dict[str, str] = trade["held"]
        self.secondary_products = frozenset(trade["secondary_products"])
        self.sheet_products = frozenset(trade["sheet_products"])
        self.copy_products = frozenset(trade["copy_products"])
        self.generic_values = frozenset(trade["generic_values"])
        self.services = frozenset(trade["services"])
        self.bulk_units = frozenset(trade["bulk_units"])
        self.material_products = frozenset(trade["material_products"])
        self.counted = {"quantity", *trade["units"]} - {"weight", "volume", "length", "ply", "ignored"}
        self.sheet_unit: str = trade["sheet_unit"]
        self.copy_unit: tuple[str, ...] = tuple(trade["copy_unit"].split("|"))
        self.asking: dict[str, str] = trade["asking"]
        self.only_with = {slot: tuple(map(_key, row.split("|"))) for slot, row in trade["only_with"].items()}
        self.ambiguous = frozenset(self.only_with)
        self.parts = {fa: en for fa, en, *_ in (row.split("|") for row in trade["parts"])}
        self.colours = frozenset(row.partition("|")[0] for row in trade["values"].get("colour", ()))
        self.main_part = next(iter(self.parts), "")
        self.units = {kind: rows[0].split("|") for kind, rows in trade["units"].items() if rows}
        self.unit_order = ("money", "duration", *(kind for kind in trade["units"] if kind != "ignored"))
        for kind, spellings in _kinds(language, trade):
            self._add(kind, spellings)
        self._sounds = self._by_sound()
        self.fused = self._fused()
        self.irregular = CLAUSE_ENDS | VERB_PREFIXES | self.fused.keys()  # words that do not just stand side by side
        self.month_words = frozenset(
            _key(spelling).partition(" ")[0]
            for _, spellings in _rows(language["months"], "month")
            for spelling in spellings
        )
        self.remembered = Remembered()  # what was read with these words
        self._stems = lru_cache(maxsize=16384)(self._find_stems)
        self.begun_by = lru_cache(maxsize=16384)(self._begun_by)

    def _add(self, entry: Entry, spellings: Iterable[str]) -> None:
        for spelling in spellings:
            words = _key(spelling).split()
            if not words:
                continue
            node = self.tree
            for word in words:
                self.words.add(word)
                node = node.setdefault(word, {})
            entries: list[Entry] = node.setdefault(_ENTRIES, [])
            if entry not in entries:
                entries.append(entry)

    def _by_sound(self) -> dict[str, str]:
        """Return the words by what they sound like, but for those that sound alike: "کاغزی" is "کاغذی"."""
        sounds: dict[str, list[str]] = {}
        for word in self.words:
            if len(word) >= _SHORTEST_SOUND and not word.isascii():
                sounds.setdefault(word.translate(_SOUNDS), []).append(word)
        return {sound: alike[0] for sound, alike in sounds.items() if len(alike) == 1}

    def _fused(self) -> dict[str, int]:
        """Return number words that are written together with what follows ("دوهزار", "هزارتا"), and where they part."""
        heads = [
            word
            for word in (*self.numbers, *self.multipliers)
            if word not in {"نه", "سی", "یه", "ده"} and not word.isascii()
        ]
        tails = ("تا", "تایی", "هزار", "تاش")
        return {head + tail: len(head) for head in heads for tail in tails if head + tail not in self.words}

    def _find_stems(self, word: str) -> tuple[str, ...]:
        found = [word] if word in self.words else []
        if word.endswith("ست") and (stem := word[:-2] + "ه") in self.words:  # "هفتست": "هفته است"
            found.append(stem)
        if word.startswith("بال") and word[1:] in self.words:  # Arabic: "in the …"
            found.append(word[1:])
        if len(word) <= _LONGEST_WORD:
            for suffix in self.suffixes:
                stem = word[: -len(suffix)]
                if len(stem) >= _SHORTEST_STEM and word.endswith(suffix) and stem in self.words:
                    found.append(stem)
        if not found and len(word) >= _SHORTEST_SOUND and (meant := self._sounds.get(word.translate(_SOUNDS))):
            found.append(meant)
        return tuple(found)

    def _begun_by(self, word: str) -> Word | None:
        """Return what ``word`` can begin; None if that is no spelling, no number and no date."""
        stems = self._stems(word)
        nodes = [self.tree[stem] for stem in stems if stem in self.tree]
        counts = (
            self.is_number(word)
            or word in self.edges
            or word in self.ordinals
            or not self.month_words.isdisjoint(stems)
        )
        if not nodes and not counts:
            return None
        entries: list[Entry] = next((node[_ENTRIES] for node in nodes if _ENTRIES in node), [])
        return Word(
            entries,
            tuple(node for node in nodes if len(node) > 1 or _ENTRIES not in node),
            counts,
        )

    def is_number(self, word: str) -> bool:
        """Tell whether a folded word stands for a number."""
        return word[0].isdigit() or word in self.numbers or word in self.multipliers

    def match(self, words: list[str], start: int) -> tuple[int, list[Entry]]:
        """Return where the longest spelling from ``start`` on ends, and its entries; ``(start, [])`` for none."""
        word = self.begun_by(words[start])
        if word is None:
            return start, []
        entries = word.entries
        end = start + 1
        best = end if entries else start
        if not word.nodes or end == len(words) or not (self._stems(words[end]) or words[end] in _SKIPPED):
            return best, entries
        frontier = [(end, node) for node in word.nodes]
        while frontier:
            following = []
            for end, node in frontier:
                if end > best and _ENTRIES in node:
                    best, entries = end, node[_ENTRIES]
                if len(node) == 1 and _ENTRIES in node:
                    continue
                position = end + 1 if end < len(words) and words[end] in _SKIPPED else end
                if position < len(words):
                    following += [(position + 1, node[stem]) for stem in self._stems(words[position]) if stem in node]
                if position > end and words[end] in node:
                    following.append((end + 1, node[words[end]]))
            frontier = following
        return best, entries


def _key(text: str) -> str:
    return _HYPHEN.sub(" ", fold(clean(text))).strip()


def _rows(rows: Iterable[str], kind: str, family: str = "") -> Iterator[tuple[Entry, list[str]]]:
    for row in rows:
        fa, en, *spellings = row.split("|")
        yield Entry(kind, fa, en or fa, family), [fa, en, *spellings]


def _kinds(language: Mapping[str, Any], trade: Mapping[str, Any]) -> Iterator[tuple[Entry, list[str]]]:
    for family, rows in trade["families"].items():
        yield from _rows(rows, "product", family)
    yield from _properties(trade)
    for unit, rows in trade["units"].items():
        yield from _rows(rows, f"#{unit}")
    yield from _rows(language["months"], "month")
    yield from _rows(language["money"], "#money")
    for kind in ("cities", "delivery", "days", "times"):
        yield from _rows([*language[kind], *trade.get(kind, ())], kind)
    for name, row in trade["cues"].items():
        yield Entry(f"?{name}", name, name), row.split("|")
    yield from _rows(trade["parts"], "part")
    for word in trade["heads"].split("|"):
        yield Entry("@head", word, word), [word]
    for name in ("topics", "complaints"):
        for word in [*language[name].split("|"), *trade[name].split("|")]:
            yield Entry(f"~{name}", word, word), [word]
    for source in (language["markers"], trade["markers"]):
        for name, row in source.items():
            yield Entry(f"~{name}", name, name), row.split("|")
    for name, row in language["cues"].items():
        yield Entry(f"?{name}", name, name), row.split("|")
    for word in language["durations"].split("|"):
        yield Entry("duration", word, word), [word]


def _properties(trade: Mapping[str, Any]) -> Iterator[tuple[Entry, list[str]]]:
    for slot, rows in trade["values"].items():
        yield from _rows(rows, slot)
    for name, slot in trade["slots"].items():
        if "itself" in slot:
            yield Entry(name, slot["fa"], slot["en"]), slot["itself"].split("|")


@lru_cache(maxsize=1)
def _language() -> dict[str, Any]:
    language: dict[str, Any] = json.loads(files(__package__).joinpath("language.json").read_text(encoding="utf-8"))
    return language


def words(name: str) -> frozenset[str]:
    """Return the list ``name`` of ``language.json``, as it is written there."""
    return frozenset(_language()["lists"][name].split("|"))


def vocabulary_of(trade: Trade) -> Vocabulary:
    """Return the words of ``trade`` and those of any conversation."""
    return Vocabulary(_language(), trade.words)


@cache
def load(trade: str = DEFAULT) -> Vocabulary:
    """Return the vocabulary of a trade that comes with the product."""
    return vocabulary_of(read_trade(trade))
