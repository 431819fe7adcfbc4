"""What regopy answers in its own way where a type is not the expected one, put right or refused.

OPA orders values of different types, fails on a sum of texts and on a slice of a text, and trims
every space of Unicode; regopy takes `"5" > 3` as false, a sum of texts as 0, trims ASCII: a rule
that looks for a fault would find none. So each such call in a module becomes a call of a guard,
in Rego that regopy reads as OPA does: it answers as OPA, or fails, which denies. No line moves. The
text in Git stays what OPA, people and the digest see.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from controlplane.policy.model import PolicyModule
from controlplane.policy.rego_check import called
from controlplane.policy.rego_module import read
from controlplane.policy.rego_names import has_bar, until_in
from controlplane.policy.rego_scan import CLOSING, KEYWORDS, OPENING, Token, matching, scan

PACKAGE = "controlplane_guard"
COMPARED = {"<": "guard_below", "<=": "guard_at_most", ">": "guard_above", ">=": "guard_at_least"}
CALLED = {
    "sum": "guard_total",
    "product": "guard_multiplied",
    "sort": "guard_sorted_alike",
    "array.slice": "guard_slice_of",
    "trim_space": "guard_trimmed",
    "concat": "guard_joined",
}
_BEFORE = frozenset({":=", "=", ";", ",", ":", "if", "not", "contains", "else", "in"})
_AFTER = frozenset({";", ",", ":", "if", "else"})

# Three characters travel in a private plane (`embedded_worker`), and are ordered by their own.
_QUOTE, _BACKSLASH, _NOTHING = chr(0xF0022), chr(0xF005C), chr(0xF0000)

# Each guard fails by a built-in that is given what it never takes. The interpreter compares texts
# with their closing quotation mark, which lies above a space; of texts in hexadecimal no other
# order can come than that of their bytes, which is OPA's. Sets it walks in no order at all.
MODULE = PolicyModule(
    f"{PACKAGE}.rego",
    f"""package {PACKAGE}

guard_rank(x) := 0 if is_null(x)

guard_rank(x) := 1 if is_boolean(x)

guard_rank(x) := 2 if is_number(x)

guard_rank(x) := 3 if is_string(x)

guard_rank(x) := 4 if is_array(x)

guard_rank(x) := 5 if is_object(x)

guard_rank(x) := 6 if is_set(x)

guard_part(x) := concat("00", [hex.encode(p) | some p in split(x, "{_NOTHING}")])

guard_half(x) := concat("5c", [guard_part(p) | some p in split(x, "{_BACKSLASH}")])

guard_key(x) := concat("22", [guard_half(p) | some p in split(x, "{_QUOTE}")]) if is_string(x)

guard_key(x) := x if not is_string(x)

guard_direct(a, b) if {{
	type_name(a) == type_name(b)
	guard_rank(a) < 4
}}

guard_apart(a, b) if {{
	type_name(a) != type_name(b)
	guard_rank(a) != guard_rank(b)
}}

guard_known(a, b) if guard_direct(a, b)

guard_known(a, b) if guard_apart(a, b)

guard_less(a, b) if {{
	guard_direct(a, b)
	guard_key(a) < guard_key(b)
}}

guard_less(a, b) if {{
	guard_apart(a, b)
	guard_rank(a) < guard_rank(b)
}}

guard_below(a, b) := true if guard_less(a, b)

guard_below(a, b) := false if {{
	guard_known(a, b)
	not guard_less(a, b)
}}

guard_below(a, b) := concat("", [1]) if not guard_known(a, b)

guard_at_most(a, b) := false if guard_less(b, a)

guard_at_most(a, b) := true if {{
	guard_known(a, b)
	not guard_less(b, a)
}}

guard_at_most(a, b) := concat("", [1]) if not guard_known(a, b)

guard_above(a, b) := guard_below(b, a)

guard_at_least(a, b) := guard_at_most(b, a)

guard_no_numbers(xs) if {{
	some x in xs
	not is_number(x)
}}

guard_total(xs) := sum(xs) if not guard_no_numbers(xs)

guard_total(xs) := concat("", [1]) if guard_no_numbers(xs)

guard_multiplied(xs) := product(xs) if not guard_no_numbers(xs)

guard_multiplied(xs) := concat("", [1]) if guard_no_numbers(xs)

guard_composite(xs) if {{
	some x in xs
	guard_rank(x) > 3
}}

guard_of_keys(xs) := [by[key] |
	by := {{guard_key(x): x | some x in xs}}
	some key in sort([guard_key(x) | some x in xs])
]

guard_scalars(xs) := array.concat(
	array.concat([x | some x in xs; is_null(x)], [x | some x in xs; x == false]),
	array.concat(
		[x | some x in xs; x == true],
		array.concat(
			sort([x | some x in xs; is_number(x)]),
			guard_of_keys([x | some x in xs; is_string(x)]),
		),
	),
)

guard_many(xs) if is_array(xs)

guard_many(xs) if is_set(xs)

guard_sorted_alike(xs) := guard_scalars(xs) if {{
	guard_many(xs)
	not guard_composite(xs)
}}

guard_sorted_alike(xs) := concat("", [1]) if guard_composite(xs)

guard_sorted_alike(xs) := sort(xs) if {{
	not guard_many(xs)
	not guard_composite(xs)
}}

guard_in_order(xs) := guard_scalars(xs) if {{
	is_set(xs)
	not guard_composite(xs)
}}

guard_in_order(xs) := xs if {{
	is_set(xs)
	guard_composite(xs)
}}

guard_in_order(xs) := [xs[key] | some key in guard_scalars(object.keys(xs))] if {{
	is_object(xs)
	not guard_composite(object.keys(xs))
}}

guard_in_order(xs) := xs if {{
	is_object(xs)
	guard_composite(object.keys(xs))
}}

guard_in_order(xs) := xs if {{
	not is_set(xs)
	not is_object(xs)
}}

guard_slices(xs, from, to) if {{
	is_array(xs)
	is_number(from)
	is_number(to)
}}

guard_slice_of(xs, from, to) := array.slice(xs, from, to) if guard_slices(xs, from, to)

guard_slice_of(xs, from, to) := concat("", [1]) if not guard_slices(xs, from, to)

guard_ascii(x) if regex.match("^[ -~]*$", x)

guard_trimmed(x) := trim_space(x) if guard_ascii(x)

guard_trimmed(x) := concat("", [1]) if not guard_ascii(x)

guard_joined(by, xs) := concat(by, xs) if not is_set(xs)

guard_joined(by, xs) := concat(by, guard_sorted_alike(xs)) if is_set(xs)
""",
)


def guarded(module: PolicyModule) -> PolicyModule:
    """Return the module with guards in place of what they guard."""
    parsed = read(scan(module.path, module.text))
    edits = [edit for rule in parsed.rules for edit in _edits(rule.tokens)]
    text, done, parts = parsed.source.text, 0, []
    for begin, end, words in sorted(edits):
        parts += [text[done:begin], words]
        done = end
    return PolicyModule(module.path, "".join([*parts, text[done:]]))


def _edits(tokens: Sequence[Token]) -> Iterator[tuple[int, int, str]]:
    for index, name in called(tokens):
        if name in CALLED:
            last = index + 2 * name.count(".")
            yield tokens[index].offset, tokens[last].end, f"data.{PACKAGE}.{CALLED[name]}"
    for index in _walks(tokens):
        right = _end(tokens, index)
        begin = tokens[index + 1].offset
        yield begin, begin, f"data.{PACKAGE}.guard_in_order("
        yield tokens[right].end, tokens[right].end, ")"
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in COMPARED:
            left, right = _begin(tokens, index), _end(tokens, index)
            name = f"data.{PACKAGE}.{COMPARED[token.text]}("
            yield tokens[left].offset, tokens[left].offset, name
            yield token.offset, token.end, ","
            yield tokens[right].end, tokens[right].end, ")"


def _walks(tokens: Sequence[Token]) -> Iterator[int]:
    """Yield the index of each `in` of a `some x in xs` by which an array is made."""
    for index, token in enumerate(tokens):
        if token.kind == "name" and token.text == "some" and _makes_array(tokens, index):
            pattern, with_in = until_in(tokens, index + 1)
            if with_in:
                yield index + 1 + len(pattern)


def _makes_array(tokens: Sequence[Token], at: int) -> bool:
    """Whether what stands at `at` is part of `[… | …]`."""
    return any(
        token.kind == "op"
        and token.text == "["
        and matching(tokens, begin) > at
        and has_bar(tokens[begin + 1 : matching(tokens, begin)])
        for begin, token in enumerate(tokens[:at])
    )


def _begin(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the first token of what stands left of the comparison at `at`."""
    index, depth = at, 0
    while index > 0:
        before = tokens[index - 1]
        if depth == 0 and tokens[index].first and index < at and not _goes_on(before):
            return index
        if before.kind == "op" and before.text in CLOSING:
            depth += 1
        elif before.kind == "op" and before.text in OPENING:
            if depth == 0:
                return index
            depth -= 1
        elif depth == 0 and (before.text in _BEFORE or _heads(tokens, index - 1)):
            return index
        index -= 1
    return index


def _end(tokens: Sequence[Token], at: int) -> int:
    """Return the index of the last token of what stands right of the comparison at `at`."""
    index, depth = at + 1, 0
    while index < len(tokens):
        token = tokens[index]
        new = token.first and index > at + 1 and not _goes_on(tokens[index - 1])
        if depth == 0 and new and not (token.kind == "op" and token.text in "+-*%&|.)]}"):
            break
        if token.kind == "op" and token.text in OPENING:
            depth += 1
        elif token.kind == "op" and token.text in CLOSING:
            if depth == 0:
                break
            depth -= 1
        elif depth == 0 and (token.text in _AFTER or _heads(tokens, index)):
            break
        index += 1
    return index - 1


def _goes_on(token: Token) -> bool:
    """Whether an expression goes on in the next line after this token."""
    return token.kind == "op" and token.text not in CLOSING


def _heads(tokens: Sequence[Token], at: int) -> bool:
    """Whether this is the bar after the head of a comprehension, and not a union."""
    if tokens[at].text != "|":
        return False
    depth = 0
    for index in range(at - 1, -1, -1):
        token = tokens[index]
        if token.kind != "op":
            continue
        if token.text in CLOSING:
            depth += 1
        elif token.text in OPENING:
            if depth == 0:
                return token.text == "[" or (token.text == "{" and not _body(tokens, index))
            depth -= 1
        elif token.text == "|" and depth == 0:
            return False
    return False


def _body(tokens: Sequence[Token], at: int) -> bool:
    """Whether the brace begins the body of a rule or of `every`, and no set or object."""
    before = tokens[at - 1] if at else tokens[at]
    value = before.kind != "op" and before.text not in KEYWORDS
    return value or before.text in {"if", "else", *CLOSING}
