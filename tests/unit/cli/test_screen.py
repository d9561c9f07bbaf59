"""What waits to be drawn: everything in order while a person could read it, and never more than that."""

import pytest

from hobnob.cli.screen import MOST_CHARACTERS, MOST_LINES, Screen, ScreenStream


@pytest.fixture
def screen() -> Screen:
    return Screen()


def test_lines_keep_their_order(screen: Screen) -> None:
    screen.tell("one")
    screen.put("two")
    screen.tell("three")
    assert screen.take() == "one\ntwo\nthree\n"
    assert screen.take() == ""


def test_a_flood_keeps_the_newest_and_says_how_much_is_missing(screen: Screen) -> None:
    for number in range(MOST_LINES + 1234):
        screen.tell(str(number))
    lines = screen.take().splitlines()
    assert lines == ["… 1,234 lines left out", *(str(1234 + number) for number in range(MOST_LINES))]
    screen.tell("at rest again")
    assert screen.take() == "at rest again\n"


def test_answers_are_never_left_out(screen: Screen) -> None:
    screen.put("what you asked for")
    for _ in range(MOST_LINES + 1):
        screen.tell("noise")
    assert screen.take().splitlines()[:2] == ["… 1 line left out", "what you asked for"]


def test_long_lines_are_bounded_by_their_characters(screen: Screen) -> None:
    for _ in range(10):
        screen.tell("x" * (MOST_CHARACTERS // 2))
    assert len(screen.take()) < MOST_CHARACTERS + 100
    screen.tell("x" * (2 * MOST_CHARACTERS))  # one alone is shown, whatever its length
    assert len(screen.take()) > MOST_CHARACTERS


def test_news_once_until_it_is_taken(screen: Screen) -> None:
    news: list[str] = []
    screen.news = lambda: news.append("!")
    screen.tell("one")
    screen.put("two")
    assert news == ["!"]
    screen.take()
    screen.put("three")
    assert news == ["!", "!"]


def test_logs_go_to_stderr_once_nothing_is_drawn_any_more(screen: Screen, capsys: pytest.CaptureFixture[str]) -> None:
    stream = ScreenStream(screen)
    assert stream.isatty()
    stream.write("a warning\nof two lines\n")
    assert screen.take() == "a warning\nof two lines\n"
    screen.closed = True
    stream.write("the last one\n")
    assert capsys.readouterr().err == "the last one\n"
    assert screen.take() == ""
