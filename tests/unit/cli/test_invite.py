"""The QR code of an invite, which is worth something only as a whole."""

from hobnob.cli.invite import qr_code

LINK = "https://192.0.2.10:8080/#invite=abcdefghijklmnopqrstuvwx23"


def test_a_code_is_drawn_where_it_fits() -> None:
    width = max(map(len, qr_code(LINK, 80).splitlines()))
    assert qr_code(LINK, width) == qr_code(LINK, 80)
    assert qr_code(LINK, width - 1) == ""
