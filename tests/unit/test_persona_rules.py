import pytest

from homa_bridge.jsontext import JSONText
from homa_bridge.omnistore.model import InterestRecord
from homa_bridge.persona import rules, texts
from homa_bridge.persona.service import comes_from_torob


def interest(category: str, score: int) -> InterestRecord:
    return {"category": category, "score": score, "source": "organic", "last_interaction": None}


def score_of(persona: str, *interests: InterestRecord, fields: int = 0, snapshot: dict[str, str] | None = None) -> int:
    texts_of_snapshot = {name: JSONText(text) for name, text in (snapshot or {}).items()}
    return rules.recognise(interests, texts_of_snapshot, fields)["all_scores"][persona]


def test_without_a_memory_all_scores_are_zero_and_the_first_persona_leads() -> None:
    assert rules.recognise([], {}, 0) == {
        "persona": "author",
        "confidence": 0,
        "all_scores": dict.fromkeys(rules.PERSONAS, 0),
    }


@pytest.mark.parametrize(
    ("slug", "author", "designer"),
    [("book", 6, 0), ("novel-cover", 6, 6), ("BOOK-design", 6, 6), ("sticker", 0, 0), ("notebook", 6, 0)],
)
def test_slugs(slug: str, author: int, designer: int) -> None:
    assert score_of("author", interest(slug, 3)) == author
    assert score_of("designer", interest(slug, 3)) == designer


@pytest.mark.parametrize(("score", "points"), [(10, 0), (11, 11), (-5, 0)])
def test_a_strong_interest_makes_a_publisher(score: int, points: int) -> None:
    assert score_of("publisher", interest("x", score)) == points


@pytest.mark.parametrize(("count", "points"), [(5, 0), (6, 30), (20, 100), (25, 100)])
def test_many_interests_make_a_loyal_customer(count: int, points: int) -> None:
    assert score_of("loyal_customer", *[interest(f"x{number}", 1) for number in range(count)]) == points


@pytest.mark.parametrize(("fields", "casual", "loyal"), [(0, 0, 0), (1, 5, 0), (5, 5, 0), (6, -10, 10), (200, -10, 10)])
def test_the_number_of_fields(fields: int, casual: int, loyal: int) -> None:
    assert score_of("casual_browser", fields=fields) == casual
    assert score_of("loyal_customer", fields=fields) == loyal


@pytest.mark.parametrize(
    ("snapshot", "points"),
    [
        ({"budget": "1"}, 10),
        ({"discount": '"YALDA"'}, 10),
        ({"budget": "1", "discount": "1"}, 10),
        ({"budget": "0"}, 10),
        ({"discount": '""'}, 0),
        ({"budget": "null"}, 0),
        ({"paper": "1"}, 0),
    ],
)
def test_price_fields(snapshot: dict[str, str], points: int) -> None:
    assert score_of("price_sensitive", snapshot=snapshot) == points


@pytest.mark.parametrize(
    ("tirage", "points"),
    [
        ("1000", 0),
        ("1001", 15),
        ("1000.5", 15),
        ('"1001"', 15),
        ('"۱۵۰۰ نسخه"', 15),
        ('"١٥٠٠"', 15),
        ('"  2,000 copies"', 15),
        ('"۲٬۰۰۰"', 15),
        ('"about 2000"', 0),
        ('"1e9"', 0),
        ("true", 0),
        ("[2000]", 0),
        ("1e999", 15),
        ("-5000", 0),
        ('"' + "9" * 5000 + '"', 15),
        ("9" * 5000, 15),
    ],
)
def test_a_long_run_makes_a_publisher(tirage: str, points: int) -> None:
    assert score_of("publisher", snapshot={"tirage": tirage}) == points


@pytest.mark.parametrize(("score", "confidence"), [(500, 100), (-500, 0), (20, 40)])
def test_confidence_is_held_to_a_percentage(score: int, confidence: int) -> None:
    found = rules.recognise([interest("book", score)], {}, 0)
    assert found["confidence"] == confidence


def test_the_order_of_personas_breaks_ties() -> None:
    found = rules.recognise([interest("novel-cover", 5)], {}, 0)
    assert found["persona"] == "author"
    assert list(found["all_scores"])[:2] == ["author", "designer"]


def test_every_persona_has_words() -> None:
    assert tuple(texts.TEXTS) == rules.PERSONAS
    assert [text.label for text in texts.TEXTS.values()] == [
        "نویسنده",
        "ناشر",
        "گرافیست",
        "مشتری وفادار",
        "استعلامگیرنده گذرا",
        "حساس به قیمت",
    ]
    for text in texts.TEXTS.values():
        assert text.description
        assert all(text.strategy.values())


@pytest.mark.parametrize(
    ("referrer", "expected"),
    [
        ("https://torob.com/p/1", True),
        ("https://www.torob.com/", True),
        ("http://TOROB.com", True),
        ("https://nottorob.com/", False),
        ("https://torob.com.evil.test/", False),
        ("https://shop.test/?from=torob.com", False),
        ("http://[broken", False),
        (None, False),
    ],
)
def test_torob(referrer: str | None, expected: bool) -> None:
    assert comes_from_torob(referrer) is expected
