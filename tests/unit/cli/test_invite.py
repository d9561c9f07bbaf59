"""The QR code of an invite, which is worth something only as a whole."""

import re

from hobnob.cli.invite import qr_code

LINK = "https://192.0.2.10:8080/#invite=abcdefghijklmnopqrstuvwx23"


def test_a_code_is_drawn_where_it_fits() -> None:
    width = max(map(len, re.sub(r"\x1b\[[0-9;]*m", "", qr_code(LINK, 80)).splitlines()))
    assert qr_code(LINK, width) == qr_code(LINK, 80)
    assert qr_code(LINK, width - 1) == ""


def test_a_code_is_no_negative_in_a_terminal_that_writes_dark_on_light() -> None:
    """Not every program that reads them reads negatives."""
    for line in qr_code(LINK, 80).splitlines():
        assert re.fullmatch(r"\x1b\[38;5;231;48;5;16m[█▀▄ ]+\x1b\[0m", line)
