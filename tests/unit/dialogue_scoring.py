"""The rules by which summaries of dialogues are scored against gold facts; tests and benchmark share them."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from homa_bridge.context.compressor import Message

Dialogue = dict[str, Any]

DATA: Final = Path(__file__).parent / "data"
OWN: Final = sorted(DATA.glob("context_dialogues*.json"))
CAKES: Final = DATA / "cake_dialogues.json"
CAKES_TRADE: Final = DATA / "trade_cakes.json"

_FOLDED: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩يكةۀأإآ", "01234567890123456789یکههااا")
_NUMBER_WORD: Final = (
    r"(?:\d|هزار|صد|میلیون|دو|سه|چهار|پنج|شش|هفت|هشت|نه|ده|بیست|سی|چهل|پنجاه|شصت|هفتاد|هشتاد|نود|دویست|سیصد|چهارصد"
    r"|پانصد|پونصد|ششصد|هفتصد|هشتصد|نهصد)"
)
_NEGATION: Final = re.compile(
    r"(?<!\w)(نه|بدون|رد|حذف|لغو|به جای|بجای|قبلا|نمی خواهد|نمیخواهد|نمی خواد|نخواست|منقضی|نپذیرفت|ندارد"
    r"|not|no|without|instead|rejected|expired)(?!\w)"
)
_CLAUSE_ENDS: Final = re.compile(r"[.؛;،,\n()]")


@dataclass(frozen=True, slots=True)
class Score:
    """Hold how many of a dialogue's facts a summary recalls, which it misses, and which must-nots it states."""

    facts: int
    rules: int
    missed: list[str]
    violated: list[str]


def load(path: Path) -> list[Dialogue]:
    """Return the dialogues of a file: ``id``, ``messages``, ``facts`` and ``must_not``."""
    dialogues: list[Dialogue] = json.loads(path.read_text(encoding="utf-8"))
    return dialogues


def messages_of(dialogue: Dialogue) -> list[Message]:
    """Return the messages of ``dialogue`` as the compressor takes them."""
    return [Message(message["role"], message["content"]) for message in dialogue["messages"]]


def score(dialogue: Dialogue, summary: str) -> Score:
    """Score ``summary`` against the gold of ``dialogue``."""
    facts, rules = dialogue["facts"], dialogue.get("must_not", [])
    return Score(
        len(facts),
        len(rules),
        [fact["key"] for fact in facts if not holds(summary, fact["any_of"])],
        [rule["key"] for rule in rules if states(summary, rule["any_of"])],
    )


def holds(summary: str, options: list[str]) -> bool:
    """Tell whether any option stands in ``summary``.

    Digits count only as a whole ("30" is not in "130"), as does a short number word ("سه" is not in "بیست و سه"); other
    words also as a part of an inflected one, and whichever way they are spaced.
    """
    text = _norm(summary)
    squashed = text.replace(" ", "")
    return any(_stands(option, text, squashed) for option in map(_norm, options))


def states(summary: str, options: list[str]) -> bool:
    """As `holds`, but a clause that negates ("گالینگور، نه شومیز") states nothing."""
    clauses = _CLAUSE_ENDS.split(summary.replace("٬", ""))
    return any(holds(clause, options) for clause in clauses if not _NEGATION.search(_norm(clause)))


def _stands(option: str, text: str, squashed: str) -> bool:
    left = r"(?<![\d.])" if option[:1].isdigit() else ""
    right = r"(?!\d)" if option[-1:].isdigit() else ""
    in_words = re.match(_NUMBER_WORD, option) and not option[0].isdigit()
    for match in re.finditer(left + re.escape(option) + right, text):
        before = text[: match.start()].rstrip()
        if not (in_words and re.search(rf"(?<!\w){_NUMBER_WORD}( و)?$", before)):
            return True
    return not re.search(r"\d", option) and len(option) > 3 and option.replace(" ", "") in squashed


def _norm(text: str) -> str:
    text = text.translate(_FOLDED).lower().replace("\u200c", " ").replace("٬", ",").replace("٫", ".")
    return re.sub(r"\s+", " ", re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)).strip()
