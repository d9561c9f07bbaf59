"""Names: which are legal, which are the same, which look the same, and who is mentioned."""

import string
import unicodedata
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from precis_i18n import get_profile

from hobnob.protocol import lookalikes
from hobnob.protocol.names import (
    MAX_MENTIONS,
    RESERVED_ROOMS,
    NameRefused,
    fold,
    guest_name,
    mentioned,
    person_name,
    room_name,
    same_name,
    skeleton,
)

# Words that are names about as often as not: any text is one too seldom to test what happens to legal ones.
SCRIPTS = ["abcXYZ019-_[]\\`^{}|", "éßİıñÅ", "абвгдЖЯ", "αβγΣς", "שלום", "محمد٠", "日本語ひカ", "한글", "हिन्दी", "ก็ำ"]
words = st.one_of(*(st.text(alphabet, min_size=1, max_size=34) for alphabet in SCRIPTS), st.text(max_size=40))


def refusal(text: str) -> NameRefused:
    with pytest.raises(NameRefused) as caught:
        person_name(text)
    return caught.value


@pytest.mark.parametrize(
    "name",
    [
        "ada", "Ada_Lovelace", "a", "x" * 32, "[ada]", "^_^", "|away|", "`tick", "back\\slash", "ada-2", "_",
        "Łukasz", "Владимир", "Ωμέγα", "שלמה", "محمد", "日本語", "ひろカナ漢a", "김철수", "हिन्दी", "Nguyễn", "ʻokina",
        "กิตติ",
    ],
)  # fmt: skip
def test_legal_names(name: str) -> None:
    assert person_name(name) == name


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "two words", "a\nb", "a\x00", "x" * 33, "ж" * 64 + "x", "x" * 1_000_000, "7up", "٣ab", "-dash",
        "#room", "@ada", "+v", "%h", "&o", "~q", "!x", "$s", ":colon", "a,b", "a:b", "a!b", "a@b", "a.b", "a*b",
        "a/b", "<b>", "a\u200bb", "a\u200db", "a\u202eb", "\u0301a", "a" + "\u0323\u0324\u0325\u0326\u0327",
        "a\ufe0f", "😀", "ﬁ", "²", "a\ud800", "\uffff", "ａ：", "p_" + "a" * 26, "R_" + "Z2" * 13, "𝐚𝐝𝐚", "\u115f",
        "\u3164",
    ],
)  # fmt: skip
def test_illegal_names(text: str) -> None:
    assert refusal(text).code == "name-invalid"


@pytest.mark.parametrize("text", ["раypal", "Αlice", "ада_ada", "αβя", "शaम", "ひ한", "५५a٥", "שa", "aא"])
def test_alphabets_are_not_mixed(text: str) -> None:
    assert refusal(text).code == "name-invalid"


def test_a_hint_is_a_sentence_that_says_what_to_do() -> None:
    for text in ("", "a b", "7a", "x" * 33, "раypal", "שa", "ﬁ", "server", "a" + "\u0323" * 5, "p_" + "a" * 26):
        hint = refusal(text).hint
        assert hint.endswith(".")
        assert len(hint.split()) > 3


def test_white_space_around_a_name_is_no_part_of_it() -> None:
    assert person_name(" ada\r\n") == "ada"


def test_a_name_is_kept_in_nfc() -> None:
    assert person_name("Jose\u0301") == "José"


@pytest.mark.parametrize(
    "text",
    [
        "Server", "SERVER", "Server-2", "SERVER-X", "Client", "client-2", "CIient", "Client-999", "System", "systern",
        "Everyone", "here", "channel", "room", "roorn", "r00m", "all", "AII", "al1", "hobnob", "H0BN0B", "NickServ",
        "chanserv", "MemoServ", "ꓢꓰꓣꓦꓰꓣ",
    ],
)  # fmt: skip
def test_reserved_names(text: str) -> None:
    assert refusal(text).code == "name-reserved"


def test_only_the_reservation_can_be_lifted() -> None:
    assert person_name("Client-2", reserved_allowed=True) == "Client-2"
    with pytest.raises(NameRefused):
        person_name("Client 2", reserved_allowed=True)


@given(words)
def test_a_legal_name_stays_as_it_is(text: str) -> None:
    try:
        name = person_name(text)
    except NameRefused:
        return
    assert person_name(name) == name
    assert fold(fold(name)) == fold(name)


@given(words)
def test_every_legal_name_is_one_word_of_irc(text: str) -> None:
    try:
        name = person_name(text)
    except NameRefused:
        return
    assert name.split() == [name]
    assert name[0] not in "#@+%&~!$:-0123456789"
    assert not set(name) & set(" ,:!@*?.#\x00\r\n\x07<>/\"'")
    assert all(unicodedata.category(char)[0] != "C" for char in name)
    assert 1 <= len(name) <= 32
    assert len(name.encode()) <= 128


@given(words)
def test_every_legal_room_is_one_word_of_irc_and_of_a_path(text: str) -> None:
    try:
        name = room_name(text)
    except NameRefused:
        return
    assert room_name("#" + name) == name
    assert name[0] not in ".-+#&!"
    assert not set(name) & set(" ,:!@*?#\x00\r\n\x07<>/\"'%\\&;=|")
    assert fold(name) not in RESERVED_ROOMS


@pytest.mark.parametrize("name", ["lobby", "2026", "team-a", "v1.2", "c++", "_", "комната", "日本", "קפה", "help"])
def test_legal_rooms(name: str) -> None:
    assert room_name(name) == room_name("#" + name) == name


@pytest.mark.parametrize(
    "text",
    [
        "", "#", "##a", "a b", "a,b", ".hidden", "..", "a.", "a/b", "-a", "+a", "a\x07", "a%20", "r_" + "a" * 26,
        "x" * 33,
    ],
)  # fmt: skip
def test_illegal_rooms(text: str) -> None:
    with pytest.raises(NameRefused) as caught:
        room_name(text)
    assert caught.value.code == "name-invalid"


@pytest.mark.parametrize("text", ["ws", "#Static", "API", "robots.txt", "favicon.ico", "join"])
def test_rooms_leave_the_web_its_addresses(text: str) -> None:
    with pytest.raises(NameRefused) as caught:
        room_name(text)
    assert caught.value.code == "name-reserved"


@pytest.mark.parametrize(("one", "other"), [("Ada", "ADA"), ("ａｄａ", "ada"), ("ЖУК", "жук"), ("Jose\u0301", "josé")])
def test_names_that_are_one(one: str, other: str) -> None:
    assert fold(one) == fold(other)


def test_names_that_are_two() -> None:
    assert len({fold(name) for name in ("ada", "ada_", "adä", "ада", "[ada]", "{ada}")}) == 6


@given(st.text(st.characters(min_codepoint=0x21, max_codepoint=0x7E), min_size=1, max_size=32))
def test_the_short_cut_for_ascii_is_the_profile(name: str) -> None:
    assert fold(name) == get_profile("UsernameCaseMapped").enforce(name)


@pytest.mark.parametrize("text", ["", "a b", "a\n", "x" * 1000, "ж" * 1000, "\ud800", "٠١"])
def test_fold_refuses_what_is_no_name(text: str) -> None:
    with pytest.raises(NameRefused):
        fold(text)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("раураl", "paypal"), ("bob1", "bobl"), ("bobI", "bobl"), ("B0B", "bob"), ("b0b", "bOb"), ("corn", "com"),
        ("COM", "corn"), ("Аdа", "Ada"), ("АDА", "ada"), ("ΑΒΕ", "abe"), ("a|l", "all"), ("οδός", "οδόσ"),
        ("ꓮꓓꓮ", "ADA"),
    ],
)  # fmt: skip
def test_look_alikes(one: str, other: str) -> None:
    assert skeleton(one) == skeleton(other)


def test_names_that_look_different() -> None:
    names = ["ada", "adá", "eda", "Karl", "Kari", "bob", "bop", "日本", "日木", "шум", "шут", "ada_", "ada-"]
    assert len({skeleton(name) for name in names}) == len(names)


@given(words)
def test_a_skeleton_is_its_own(text: str) -> None:
    assert skeleton(skeleton(text)) == skeleton(text)


def test_every_character_has_a_stable_skeleton() -> None:
    table = lookalikes._lookalikes()
    cased = {code for code in range(0x20000) if chr(code).casefold() != chr(code)}
    for code in cased | set(table):
        once = lookalikes._skeleton.__wrapped__(chr(code))
        assert lookalikes._skeleton.__wrapped__(once) == once


@pytest.mark.parametrize("char", string.ascii_letters + string.digits + "-_[]\\`^{}|.+")
def test_the_short_cut_for_ascii_is_the_table(char: str) -> None:
    assert skeleton(char + "ж") == skeleton(char) + "ж"


def test_names_in_ascii_load_no_tables() -> None:
    lookalikes._lookalikes.cache_clear()
    lookalikes._script_ranges.cache_clear()
    person_name("Somebody_1n_ASCII")
    assert lookalikes._lookalikes.cache_info().currsize == lookalikes._script_ranges.cache_info().currsize == 0


def test_guest_names_are_legal_and_many() -> None:
    random = Random(7)
    drawn = [guest_name(random) for _ in range(200)]
    assert all(person_name(name) == name for name in drawn)
    assert len(set(drawn)) > 190
    assert guest_name(Random(7)) == drawn[0]
    assert guest_name() != guest_name()


def test_guest_names_cannot_be_mistaken_for_each_other() -> None:
    characters = {char for seed in range(300) for char in guest_name(Random(seed))[len("guest-") :]}
    assert len({skeleton(char) for char in characters}) == len(characters)
    assert not characters & set("l1io0mnvs5z2b68g9")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("@ada, hi", ["ada"]), ("hi @ada.", ["ada"]), ("@ada-", ["ada"]), ("(@ada)", ["ada"]),
        ("[@ada]", ["ada"]), ("@[ada]", ["[ada]"]), ("`@ada`", ["ada"]), ("@ada,@bob", ["ada", "bob"]),
        ("@ada's turn", ["ada"]), ("\n@ada\n@bob!", ["ada", "bob"]), ("@ada @ada", ["ada"]),
        ("@ada: @bob?", ["ada", "bob"]), ("@ada_", ["ada_"]), ("„@Владимир“", ["Владимир"]),
        ("@हिन्दी।", ["हिन्दी"]), ("@Jose\u0301", ["José"]), ("@here", ["here"]), ("nobody", []),
        ("a@b.example", []), ("mail:a@b.example", []), ("https://x.example/@ada", []), ("@", []),
        ("x.example/@ada", []), ("@@ada", []), ("@1st", []), ("@-a", []), ("@.", []), ("@" + "x" * 33, []),
        ("http://@ada", []), ("@" * 1000, []),
    ],
)  # fmt: skip
def test_mentions(text: str, names: list[str]) -> None:
    assert mentioned(text) == names


def test_mentions_are_capped() -> None:
    assert len(mentioned(" ".join(f"@n{number}" for number in range(200)))) == MAX_MENTIONS


@given(words)
def test_most_names_can_be_mentioned(text: str) -> None:
    try:
        name = person_name(text)
    except NameRefused:
        return
    if name[-1] not in "-`|\\]}":
        assert mentioned(f"hi @{name}, there") == [name]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [("Ada", "ada", True), ("Straße", "straße", True), ("ada", "bob", False), ("a b", "a b", False), ("", "", False)],
)
def test_whether_two_texts_are_one_name(one: str, other: str, same: bool) -> None:
    assert same_name(one, other) is same
