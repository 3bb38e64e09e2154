"""The answer to «من کی هستم؟»."""

from homa_bridge.omnistore.model import InterestRecord
from homa_bridge.persona.service import Profile
from homa_bridge.persona.texts import TEXTS
from homa_bridge.persona.who_am_i import STRANGER, who_am_i


def profile(confidence: int, persona: str = "author") -> Profile:
    text = TEXTS[persona]
    return {
        "persona": persona,
        "confidence": confidence,
        "all_scores": {persona: confidence},
        "label": text.label,
        "description": text.description,
    }


def interests(**scores: int) -> list[InterestRecord]:
    return [
        {"category": slug, "score": score, "source": None, "last_interaction": None} for slug, score in scores.items()
    ]


def test_it_names_persona_confidence_and_the_top_three() -> None:
    text = who_am_i(profile(85), interests(novel=20, cover=9, poster=5, card=1))
    assert "«نویسنده»" in text
    assert "۸۵٪" in text
    assert "novel، cover، poster." in text
    assert "card" not in text
    assert not any(digit in text for digit in "0123456789")
    assert len(text.splitlines()) == 1


def test_every_persona_is_called_by_its_label() -> None:
    for persona, text in TEXTS.items():
        assert f"«{text.label}»" in who_am_i(profile(100, persona), [])
        assert "۱۰۰٪" in who_am_i(profile(100, persona), [])


def test_without_interests_nothing_is_said_of_them() -> None:
    assert "علاقه" not in who_am_i(profile(5), [])


def test_interests_alone_are_told_without_a_persona() -> None:
    text = who_am_i(profile(0), interests(poster=3))
    assert "poster" in text
    assert "٪" not in text
    assert "نویسنده" not in text


def test_a_stranger_gets_a_sentence_that_makes_sense() -> None:
    assert who_am_i(profile(0), []) == STRANGER
    assert who_am_i(profile(0), interests(poster=0, card=-5)) == STRANGER
    assert "٪" not in STRANGER


def test_what_a_slug_holds_is_no_template_and_no_line() -> None:
    assert "{label} x" in who_am_i(profile(9), interests(**{"{label}\n x": 3}))
