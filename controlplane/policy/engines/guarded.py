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
from controlplane.policy.rego_scan import CLOSING, KEYWORDS, OPENING, Token, scan

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

# Each guard fails by a built-in that is given what it never takes. Texts are compared where both
# are plain: of others some characters are replaced for the interpreter and have another order, and
# it compares with the closing quotation mark, which lies above a space.
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

guard_plain(x) if regex.match("^[#-Z^-~]*$", sprintf("%v", [x]))

guard_direct(a, b) if {{
	type_name(a) == type_name(b)
	guard_rank(a) < 4
	guard_plain(a)
	guard_plain(b)
}}

guard_apart(a, b) if {{
	type_name(a) != type_name(b)
	guard_rank(a) != guard_rank(b)
}}

guard_known(a, b) if guard_direct(a, b)

guard_known(a, b) if guard_apart(a, b)

guard_less(a, b) if {{
	guard_direct(a, b)
	a < b
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

guard_mixed(xs) if {{
	some x in xs
	some y in xs
	not guard_direct(x, y)
}}

guard_sorted_alike(xs) := sort(xs) if not guard_mixed(xs)

guard_sorted_alike(xs) := concat("", [1]) if guard_mixed(xs)

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

guard_joined(by, xs) := concat(by, guard_sorted_alike([x | some x in xs])) if is_set(xs)
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
    for index, token in enumerate(tokens):
        if token.kind == "op" and token.text in COMPARED:
            left, right = _begin(tokens, index), _end(tokens, index)
            name = f"data.{PACKAGE}.{COMPARED[token.text]}("
            yield tokens[left].offset, tokens[left].offset, name
            yield token.offset, token.end, ","
            yield tokens[right].end, tokens[right].end, ")"


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
