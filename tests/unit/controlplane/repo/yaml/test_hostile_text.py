"""Every kind of bad text: its exact place, its code, and a remedy; in bounded time and memory."""

from __future__ import annotations

import pytest

from controlplane.repo import yaml
from controlplane.repo.yaml import fast
from controlplane.repo.yaml.limits import DEFAULT, Limits

CASES: dict[str, tuple[bytes, list[tuple[int, int, str]]]] = {
    "a tab as indentation": (b"a:\n\tb: x\n", [(2, 1, "yaml/tab")]),
    "an unclosed quote": (b'a: "x\nb: y\n', [(1, 4, "yaml/unclosed-quote")]),
    "an unclosed list": (b"a: [x\nb: y\n", [(1, 4, "yaml/unclosed-list")]),
    "an unclosed bracket at the end": (b"a: {b: [x,\n", [(1, 8, "yaml/unclosed-bracket")]),
    "an unclosed mapping": (b"a: {b: c\nd: e\n", [(1, 4, "yaml/unclosed-mapping")]),
    "a second mapping on the line": (b"a: b: c\n", [(1, 5, "yaml/unexpected-mapping")]),
    "a dedent that fits nowhere": (b"a:\n    b: x\n  c: y\n", [(3, 3, "yaml/indentation")]),
    "a list beside a mapping": (b"- a\nb: c\n", [(2, 1, "yaml/indentation")]),
    "a reserved character": (b"a: @b\n", [(1, 4, "yaml/reserved-character")]),
    "a backslash that escapes nothing": (b'a: "\\q"\n', [(1, 6, "yaml/unknown-escape")]),
    "half of a character": (b'a: "\\ud800"\n', [(1, 4, "yaml/escape")]),
    "an escaped NUL": (b'a: "\\0"\n', [(1, 4, "yaml/escape")]),
    "duplicate keys, all of them": (
        b"a: x\nb:\n  c: x\n  c: d\na: z\n",
        [(4, 3, "yaml/duplicate-key"), (5, 1, "yaml/duplicate-key")],
    ),
    "an anchor and its alias": (b"a: &x b\nc: *x\n", [(1, 4, "yaml/anchor"), (2, 4, "yaml/alias")]),
    "a merge key": (b"a:\n  <<: {b: c}\n", [(2, 3, "yaml/merge-key")]),
    "a tag": (b"a: !!str b\nc: !mine d\n", [(1, 4, "yaml/tag"), (2, 4, "yaml/tag")]),
    "a directive": (b"%YAML 1.1\n---\na: b\n", [(1, 1, "yaml/directive")]),
    "a key that is a list": (b"? [a]\n: b\n", [(1, 3, "yaml/complex-key")]),
    "keys that are not text": (
        b"1: a\ntrue: b\n",
        [(1, 1, "yaml/key-not-text"), (2, 1, "yaml/key-not-text")],
    ),
    "a key without a value": (b"a:\nb: c\n", [(1, 1, "yaml/empty-value")]),
    "an item without a value": (b"a:\n  -\n  - b\n", [(2, 4, "yaml/empty-value")]),
    "an empty document": (b"a: b\n---\n", [(3, 1, "yaml/empty-value")]),
    "a byte order mark": (b"\xef\xbb\xbfa: b\n", [(1, 1, "file/byte-order-mark")]),
    "UTF-16": ("a: b\n".encode("utf-16"), [(1, 1, "file/not-utf-8")]),
    "not UTF-8": (b"a: b\nc: d\xff\n", [(2, 5, "file/not-utf-8")]),
    "an overlong encoding": (b"a: \xc0\xaf\n", [(1, 4, "file/not-utf-8")]),
    "a NUL byte": (b"a: b\x00c\n", [(1, 5, "file/nul")]),
    "a carriage return alone": (b"a: b\rc: d\n", [(1, 5, "file/line-end")]),
    "CRLF": (b'a: "b"\r\nc: [d]\r\n', []),
    "a control character": (b"a: b\x1b[0m\n", [(1, 5, "file/control-character")]),
    "text shown in another order": ("a: b\u202ec\n".encode(), [(1, 5, "file/bidirectional")]),
    "an LFS pointer": (
        b"version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 1\n",
        [(1, 1, "file/lfs-pointer")],
    ),
    "a merge conflict": (
        b"a: b\n<<<<<<< ours\nc: d\n=======\nc: e\n>>>>>>> theirs\n",
        [(2, 1, "file/conflict-marker")],
    ),
    "an unclosed quote before the next document": (
        b'a: "x\n---\nb: no\n',
        [(1, 4, "yaml/unclosed-quote"), (3, 4, "yaml/ambiguous-boolean")],
    ),
    "errors in several documents": (
        b"a: no\n---\nb: [\n---\nc: yes\nd: on\n",
        [
            (1, 4, "yaml/ambiguous-boolean"),
            (3, 4, "yaml/unclosed-bracket"),
            (5, 4, "yaml/ambiguous-boolean"),
            (6, 4, "yaml/ambiguous-boolean"),
        ],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_bad_text_has_a_place_a_cause_and_a_remedy(name: str) -> None:
    data, expected = CASES[name]
    problems = yaml.load(data, "f.yaml").problems
    assert [(p.position.line, p.position.column, p.code) for p in problems] == expected
    assert all(problem.message and problem.remedy for problem in problems)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        *((word, "boolean") for word in ("no", "Yes", "ON", "off", "y", "N", "True", "FALSE")),
        *((word, "null") for word in ("~", "Null", "NULL")),
        *((word, "date") for word in ("2026-01-01", "2026-1-1", "2026-01-01T10:00:00Z")),
        *((word, "number") for word in ("1e3", "012", "0o17", "0x1F", "1_000", "1.50", ".5", "+1")),
        *((word, "number") for word in ("-0", "12:30", "1:30:00", ".inf", "-.Inf", ".NaN", "0b10")),
    ],
)
def test_what_readers_understand_differently_is_refused_unless_quoted(text: str, code: str) -> None:
    (problem,) = yaml.load(f"a: {text}\n".encode(), "f.yaml").problems
    assert problem.code == f"yaml/ambiguous-{code}"
    assert f'"{text}"' in problem.remedy
    quoted = yaml.load(f'a: "{text}"\n'.encode(), "f.yaml")
    assert quoted.problems == ()
    assert quoted.documents[0].value == {"a": text}


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("0", 0),
        ("-12", -12),
        ("9007199254740991", 2**53 - 1),
        ("1.2.3", "1.2.3"),
        ("30d", "30d"),
        ("null", None),
        ("nan", "nan"),
        ("https://a.example/b#c", "https://a.example/b#c"),
        ("v1", "v1"),
        ("10.0.0.0/8", "10.0.0.0/8"),
    ],
)
def test_what_every_reader_understands_alike(text: str, value: object) -> None:
    found = yaml.load(f"a: {text}\n".encode(), "f.yaml")
    assert found.problems == ()
    assert found.documents[0].value == {"a": value}
    assert type(found.documents[0].value["a"]) is type(value)


@pytest.mark.parametrize("digits", ["9007199254740992", "1" * 5000])
def test_an_integer_that_readers_round_is_refused_without_converting_it(digits: str) -> None:
    (problem,) = yaml.load(f"a: {digits}\n".encode(), "f.yaml").problems
    assert problem.code == "yaml/integer-too-large"


def codes(text: str, limits: Limits) -> list[str]:
    return [problem.code for problem in yaml.load(text.encode(), "f.yaml", limits).problems]


def test_a_file_above_the_limit_is_not_parsed() -> None:
    assert codes("a: bcdefgh\n", Limits(size=10)) == ["file/too-large"]
    assert codes("a: bcdefg\n", Limits(size=10)) == []


@pytest.mark.parametrize(
    "text",
    ["[" * 5000, "{a: " * 5000, "- " * 5000 + "a\n", "".join(" " * i + "a:\n" for i in range(900))],
)
def test_deep_nesting_is_refused_where_it_becomes_too_deep(text: str) -> None:
    assert codes(text, Limits()) == ["yaml/too-deep"]


def test_an_alias_bomb_is_refused_and_never_expanded() -> None:
    lines = ["a0: &a0 [x, x]"]
    lines += [f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]" for i in range(1, 40)]
    found = yaml.load("\n".join(lines).encode(), "f.yaml")
    assert {problem.code for problem in found.problems} == {"yaml/anchor", "yaml/alias"}
    assert len(found.problems) == Limits().problems


def test_other_limits() -> None:
    assert codes("---\na: b\n" * 4, Limits(documents=3)) == ["yaml/too-many-documents"]
    assert codes("a: [b, {}, c]\n", Limits(scalars=2)) == ["yaml/too-many-values"]
    assert codes("a: |\n  bcdef\n", Limits(scalar_length=4)) == ["yaml/text-too-long"]
    assert len(codes("a: no\n---\n" * 50, Limits(problems=7))) == 7


def test_the_whole_limit_of_flow_openers_is_read_without_recursion() -> None:
    assert codes("[" * (1024 * 1024), Limits()) == ["yaml/too-deep"]


@pytest.mark.parametrize(
    "text", ["\\UFFFFFFFF", "\\U00110000", "\\e[2J", "\\x9b", "\\u202e", "\\u200b", "\\ud800"]
)
def test_an_escape_that_gives_nothing_to_see_is_refused(text: str) -> None:
    for source in (f'a: "{text}"\n', f'"{text}": a\n'):
        assert {problem.code for problem in yaml.load(source.encode(), "a.yaml").problems} == {
            "yaml/escape"
        }


def test_what_the_strict_reader_would_not_read_to_its_end_the_fast_one_leaves_to_it() -> None:
    many = "a:\n" + "  - b\n" * 100_001
    long = "a" * 2000 + ": b\n"
    assert fast.load(many, DEFAULT) is None
    assert fast.load(long, DEFAULT) is None
