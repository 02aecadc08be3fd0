import pytest

from reconciler.fleet.syntax import spelling

KINDS = ("AgentGroup", "CollectorConfig", "Fleet")


@pytest.mark.parametrize(
    ("word", "meant"),
    [
        ("Flet", "Fleet"),
        ("agentgroup", "AgentGroup"),
        ("ColectorConfig", "CollectorConfig"),
    ],
)
def test_the_nearest_word_is_named(word: str, meant: str) -> None:
    assert spelling.hint(word, KINDS) == f"did you mean `{meant}`?"


def test_without_a_near_word_all_are_named() -> None:
    expected = "known are AgentGroup, CollectorConfig, Fleet"
    assert spelling.hint("Deployment", KINDS) == expected


def test_too_long_or_too_many_words_are_not_compared() -> None:
    assert spelling.nearest("x" * 201, ["x" * 200]) is None
    assert spelling.nearest("word1", [f"word{index}" for index in range(501)]) is None


@pytest.mark.parametrize(
    "word", ["btch", "batc", "bbatch", "battch", "abtch", "bacth", "Batch"]
)
def test_one_slip_of_the_pen(word: str) -> None:
    assert spelling.is_slip(word, "batch")


@pytest.mark.parametrize(
    "word", ["batch", "batcx", "xbatch", "batchx", "btach!", "hctab", "bat", "", "b"]
)
def test_more_than_a_slip_or_none(word: str) -> None:
    assert not spelling.is_slip(word, "batch")
