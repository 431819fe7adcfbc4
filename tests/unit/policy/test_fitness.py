"""What the parts of an envelope show is what the whole would, however it is cut into parts."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given, reject
from hypothesis import strategies as st

from controlplane.policy.engines import fitness
from controlplane.policy.engines.fitness import DEEPEST, SHARED, Fitness, unfit
from controlplane.policy.envelope import Encoded
from evidence.canonical import NotCanonicalError

LONG = "x" * SHARED

ATOMS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**54), 2**54)
    | st.floats(allow_nan=True)
    | st.sampled_from(["", "1.5", ":1e3", "\\ud800", "\ud800", '"', "null", "\nnull\n", LONG])
)
VALUES = st.recursive(
    ATOMS,
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.sampled_from("abc"), inner, max_size=3)
    ),
    max_leaves=12,
)


def nested(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def said(envelope: bytes, parts: list[bytes] | None = None) -> str:
    """Return what is said of an envelope; that it is not JSON where that is raised."""
    try:
        return unfit(envelope) if parts is None else Fitness().unfit(envelope, parts)
    except ValueError:
        return "not JSON"


@st.composite
def envelopes(draw: st.DrawFn) -> tuple[bytes, list[bytes]]:
    """Return an envelope, damaged or not, cut at random places or around values."""
    value = draw(st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=4))
    pieces: list[bytes] = [b"{"]
    for number, (key, member) in enumerate(value.items()):
        comma = b"," if number else b""
        text = json.dumps(member, ensure_ascii=draw(st.booleans())).encode(errors="surrogatepass")
        pad = draw(st.sampled_from([b"", b" " * SHARED]))
        pieces += [comma + json.dumps(key).encode() + b":", pad + text + pad]
    pieces.append(b"}")
    whole = b"".join(pieces)
    if draw(st.booleans()):
        at = draw(st.integers(0, len(whole)))
        whole = (
            whole[:at] + draw(st.sampled_from([b"", b'"', b"\\", b"1", b"[", b"}"])) + whole[at:]
        )
        pieces = [whole]
    if draw(st.booleans()):
        cuts = sorted(draw(st.lists(st.integers(0, len(whole)), max_size=4)))
        ends = zip([0, *cuts], [*cuts, len(whole)], strict=True)
        pieces = [whole[start:end] for start, end in ends]
    return whole, pieces


@given(envelopes())
def test_parts_show_what_the_whole_does(given_: tuple[bytes, list[bytes]]) -> None:
    whole, parts = given_
    assert said(whole, parts) == said(whole)


@pytest.mark.parametrize(
    "member",
    [b"1.5", b"1e3", b"9007199254740993", b'"\\ud800"', json.dumps(nested(99)).encode(), b"NaN"],
)
def test_what_is_unfit_in_a_part_is_unfit(member: bytes) -> None:
    part = b'{"a":%b,"b":"%b"}' % (member, LONG.encode())
    whole = b'{"x":%b}' % part
    assert unfit(whole)
    assert said(whole, [b'{"x":', part, b"}"]) == said(whole)


@pytest.mark.parametrize("levels", range(DEEPEST - 4, DEEPEST + 2))
def test_levels_of_the_parts_and_around_them_add_up(levels: int) -> None:
    part = Encoded.of({"a": nested(levels - 2), "b": LONG})
    whole = Encoded.mapping({"x": part})
    assert bool(unfit(whole.text)) is (levels > DEEPEST)
    assert said(whole.text, list(whole.parts)) == said(whole.text)


def test_a_part_within_a_text_is_no_value() -> None:
    part = b'{\\"a\\":1}'.ljust(SHARED)
    whole = b'{"x":"' + part + b'"}'
    assert said(whole, [b'{"x":"', part, b'"}']) == said(whole) == ""
    plain = b'{"a":1}'.ljust(SHARED)
    broken = b'{"x":"' + plain + b'"}'
    assert said(broken, [b'{"x":"', plain, b'"}']) == said(broken) == "not JSON"


def test_parts_of_another_envelope_are_not_believed() -> None:
    other = Encoded.mapping({"x": Encoded.of({"b": LONG})})
    assert said(b'{"x":1.5}', list(other.parts)) == said(b'{"x":1.5}') != ""


@given(st.dictionaries(st.sampled_from("abcdef"), VALUES, max_size=4), st.integers(0, 120))
def test_what_was_written_here_shows_what_the_whole_does(
    members: dict[str, Any], many: int
) -> None:
    given_: dict[str, Any] = {"many": [LONG, [[]] * many], "text": LONG}
    try:
        given_ |= {key: Encoded.of([LONG, member]) for key, member in members.items()}
    except NotCanonicalError:
        reject()
    whole = Encoded.mapping(given_)
    assert said(whole.text, list(whole.parts)) == said(whole.text)


def reading(monkeypatch: pytest.MonkeyPatch) -> list[bytes]:
    """Return the texts that are read from now on."""
    read: list[bytes] = []
    real = fitness._read

    def counted(text: bytes) -> Any:
        read.append(text)
        return real(text)

    monkeypatch.setattr(fitness, "_read", counted)
    return read


def test_a_part_that_comes_again_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    read, known = reading(monkeypatch), Fitness()
    shared = bytes(Encoded.of({"b": LONG}).text)
    for number in range(3):
        parts = [b'{"a":%d,"x":' % number, shared, b"}"]
        assert known.unfit(b"".join(parts), parts) == ""
    assert read.count(shared) == 1
    assert len(read) == 4


def test_a_part_that_was_written_here_is_not_read(monkeypatch: pytest.MonkeyPatch) -> None:
    read, known = reading(monkeypatch), Fitness()
    whole = Encoded.mapping({"x": Encoded.of({"b": LONG}), "y": Encoded.of({"c": LONG})})
    assert known.unfit(whole.text, whole.parts) == ""
    assert [len(each) < SHARED for each in read] == [True]


@pytest.mark.parametrize("value", [1.5, {"ä": 1.5}])
def test_a_fraction_is_found_in_what_was_written_here(value: Any) -> None:
    whole = Encoded.mapping({"x": Encoded.of({"a": value, "b": LONG})})
    assert "fraction" in said(whole.text, list(whole.parts))
