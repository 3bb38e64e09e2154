"""Recall and violations on dialogues with gold facts, by the rules that the compressor is measured with."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any, Final

from homa_bridge.context.compressor import Message, compress

DIALOGUES: Final[list[dict[str, Any]]] = json.loads(
    (Path(__file__).parent / "data" / "context_dialogues.json").read_text(encoding="utf-8")
)
LEAST_RECALL, MOST_VIOLATIONS = 0.95, 0.02

FOLDED: Final = str.maketrans("۰۱۲۳۴۵۶۷۸۹٠١٢٣٤٥٦٧٨٩يكةۀأإآ", "01234567890123456789یکههااا")
NEGATION: Final = re.compile(
    r"(?<!\w)(نه|بدون|رد|حذف|لغو|به جای|بجای|قبلا|نمی خواهد|نمیخواهد|نمی خواد|نخواست|منقضی|نپذیرفت|ندارد"
    r"|not|no|without|instead|rejected|expired)(?!\w)"
)


def norm(text: str) -> str:
    text = text.translate(FOLDED).lower().replace("\u200c", " ").replace("٬", ",").replace("٫", ".")
    return re.sub(r"\s+", " ", re.sub(r"(?<=\d),(?=\d{3}(?!\d))", "", text)).strip()


def holds(summary: str, options: list[str]) -> bool:
    text = norm(summary)
    for option in map(norm, options):
        left = r"(?<![\d.])" if option[:1].isdigit() else ""
        right = r"(?!\d)" if option[-1:].isdigit() else ""
        if re.search(left + re.escape(option) + right, text):
            return True
        if not re.search(r"\d", option) and len(option) > 3 and option.replace(" ", "") in text.replace(" ", ""):
            return True
    return False


def states(summary: str, options: list[str]) -> bool:
    clauses = re.split(r"[.؛;،,\n()]", summary.replace("٬", ""))
    return any(holds(clause, options) for clause in clauses if not NEGATION.search(norm(clause)))


def summary_of(dialogue: dict[str, Any]) -> str:
    return compress([Message(message["role"], message["content"]) for message in dialogue["messages"]])


def test_facts_are_recalled() -> None:
    hits = {
        (dialogue["id"], fact["key"]): holds(summary_of(dialogue), fact["any_of"])
        for dialogue in DIALOGUES
        for fact in dialogue["facts"]
    }
    missed = [key for key, hit in hits.items() if not hit]
    assert sum(hits.values()) / len(hits) >= LEAST_RECALL, missed


def test_what_was_overtaken_is_not_stated() -> None:
    broken = {
        (dialogue["id"], rule["key"]): states(summary_of(dialogue), rule["any_of"])
        for dialogue in DIALOGUES
        for rule in dialogue["must_not"]
    }
    assert sum(broken.values()) / len(broken) <= MOST_VIOLATIONS, [key for key, value in broken.items() if value]
