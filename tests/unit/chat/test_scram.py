"""SCRAM-SHA-256: the exchange that RFC 7677 prints, and what is none."""

import base64
from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from hobnob.chat.scram import MAX_MESSAGE, Challenge, Proof, keys_of, opened
from hobnob.protocol.errors import ChatError
from hobnob.stores.store import TokenKeys

FIRST = "n,,n=user,r=rOprNGfwEbeRWgbNEkqO"
SALT = base64.b64decode("W22ZaJ0SNY7soEsUEjb6gQ==")
NONCE = "%hvYDpWUa2RaTCAfuxFIlj)hNlF$k0"
ASKED = f"r=rOprNGfwEbeRWgbNEkqO{NONCE},s=W22ZaJ0SNY7soEsUEjb6gQ==,i=4096"
UNPROVED = f"c=biws,r=rOprNGfwEbeRWgbNEkqO{NONCE}"
FINAL = f"{UNPROVED},p=dHzbZapWIk4jUhN+Ute9ytag9zjfMHgsqmmiz7AndVQ="
ANSWER = "v=6rriTRBi23WpRR/wtup+mMhUZUn/dB5nLTJRsjl95G4="
PENCIL, OTHER = keys_of("pencil", SALT), keys_of("pen", SALT)


def challenge(first: str = FIRST) -> Challenge:
    return opened(first).challenge(SALT, 4096, NONCE)


def test_the_exchange_of_rfc_7677() -> None:
    asked = challenge()
    assert (asked.opening.name, asked.opening.authorize, asked.message) == ("user", "", ASKED)
    assert asked.proof(FINAL).by([PENCIL], 50) == (0, ANSWER)


@pytest.mark.parametrize(
    ("keys", "among", "found"),
    [
        ([OTHER, PENCIL], 50, (1, ANSWER)),
        ([OTHER, PENCIL, OTHER], 3, (1, ANSWER)),
        ([OTHER], 50, None),
        ([], 50, None),
        ([keys_of("pencil", b"another salt")], 50, None),
        ([keys_of("pencil", SALT, 4097)], 50, None),
    ],
)
def test_the_proof_is_of_one_of_several_tokens(
    keys: list[TokenKeys], among: int, found: tuple[int, str] | None
) -> None:
    assert challenge().proof(FINAL).by(keys, among) == found


def test_a_proof_for_nobodys_keys_opens_nothing() -> None:
    """Who answers as if the keys were zeroes, with which lists of devices are filled up."""
    assert Proof(b"said", bytes(32)).by([], 50) is None


def test_every_challenge_has_a_nonce_of_its_own() -> None:
    nonces = {opened(FIRST).challenge(SALT, 4096).nonce for _ in range(50)}
    assert len(nonces) == 50
    assert all(nonce.startswith("rOprNGfwEbeRWgbNEkqO") and len(nonce) >= 44 for nonce in nonces)


@pytest.mark.parametrize(
    ("first", "name", "authorize"),
    [
        ("y,,n=ada,r=1", "ada", ""),
        ("n,a=ada,n=ada,r=1", "ada", "ada"),
        ("n,,n=a=2Cb=3Dc,r=1", "a,b=c", ""),
        ("n,a==3D2C,n=ä,r=1", "ä", "=2C"),
        ("n,,n=ada,r=1,x=later,Y=things", "ada", ""),
    ],
)
def test_who_comes(first: str, name: str, authorize: str) -> None:
    opening = opened(first)
    assert (opening.name, opening.authorize) == (name, authorize)


@pytest.mark.parametrize(
    "first",
    [
        "", "n,,", "n=ada,r=1", "n,n=ada,r=1", "x,,n=ada,r=1", "n,b=ada,n=ada,r=1", "n,,m=more,n=ada,r=1", "n,,n=,r=1",
        "n,,n=ada,r=", "n,,n=ada", "n,,r=1,n=ada", "n,,n=a=2cb,r=1", "n,,n=a=b,r=1", "n,,n=a\0,r=1", "n,,n=ada,r=1,2",
        "n,,n=ada,r=ä", "n,,n=ada,r=1 2", "n,,n=ada,r=1\n", "p,,n=ada,r=1", "p=,,n=ada,r=1", " n,,n=ada,r=1",
        f"n,,n=ada,r={'1' * MAX_MESSAGE}",
    ],
)  # fmt: skip
def test_what_begins_nothing(first: str) -> None:
    with pytest.raises(ChatError, match="client-first-message"):
        opened(first)


def test_channel_binding_is_not_there() -> None:
    with pytest.raises(ChatError, match="no channel binding"):
        opened("p=tls-exporter,,n=ada,r=1")


def test_what_the_client_said_of_channel_binding_is_part_of_the_proof() -> None:
    with pytest.raises(ChatError, match="another exchange"):
        challenge(f"y{FIRST[1:]}").proof(FINAL)
    asked = challenge(f"y{FIRST[1:]}").proof(FINAL.replace("biws", "eSws"))
    assert asked.by([PENCIL], 1) is None  # it was made for the other header


@pytest.mark.parametrize(
    "final",
    [
        UNPROVED, f"{UNPROVED},p=", f"{UNPROVED},p=AAAA", f"{UNPROVED},p=A", FINAL[:-1], f"{FINAL},x=1", f"x=1,{FINAL}",
        FINAL.replace("c=biws", "c=b"), FINAL.replace(",r=", ",n="), f"{FINAL}\n", "", f"{UNPROVED},p=ä",
        FINAL.replace(",p=", f",x={'1' * MAX_MESSAGE},p="),
    ],
)  # fmt: skip
def test_what_proves_nothing(final: str) -> None:
    with pytest.raises(ChatError, match="client-final-message"):
        challenge().proof(final)


@pytest.mark.parametrize(
    "final", [FINAL.replace("%hv", "%hw"), FINAL.replace("biws", "biwsLA=="), f"{FINAL[:9]}x{FINAL[9:]}"]
)
def test_a_proof_of_another_exchange(final: str) -> None:
    with pytest.raises(ChatError, match="another exchange"):
        challenge().proof(final)


def test_what_follows_is_part_of_what_is_proved() -> None:
    assert challenge().proof(FINAL.replace(",p=", ",x=1,p=")).by([PENCIL], 1) is None


MESSAGES = st.one_of(
    st.text(max_size=80),
    st.lists(st.sampled_from(["n", "y", "p=x", ",", "a=", "n=", "ada", "r=", "c=biws", "p=", "=2C", "A=", "m="])).map(
        "".join
    ),
)


@given(first=MESSAGES, final=MESSAGES)
@example(first=FIRST, final=FINAL.replace("dHzb", "AAAA"))
def test_anything_else_is_refused_in_words(first: str, final: str) -> None:
    for begun in (first, FIRST):
        with suppress(ChatError):
            assert challenge(begun).proof(final).by([PENCIL, OTHER], 5) is None
