"""The guards themselves: Rego that regopy reads as OPA does, called in place of what it does not.

Decides how values of any type are compared, sorted, summed and written. Each guard answers as OPA
or fails by a built-in that is given what it never takes, which denies. Rego has no recursion, so
what looks into arrays and objects is written once for each of `LEVELS` levels; what is deeper
fails.
"""

from __future__ import annotations

from controlplane.policy.model import PolicyModule

PACKAGE = "controlplane_guard"
LEVELS = 6

# Three characters travel in a private plane (`embedded_worker`), and are ordered by their own.
_QUOTE, _BACKSLASH, _NOTHING = chr(0xF0022), chr(0xF005C), chr(0xF0000)

# What OPA writes within `%v` as it is, in hexadecimal as `guard_key` gives it: printable ASCII, and
# of other letters those that are printable whatever the version of Unicode. Others it may escape.
_F = "ffffff"  # how the interpreter begins every byte beyond ASCII
_ANY = f"{_F}[89ab][0-9a-f]"
_SEEN = "^(?:" + "|".join((
    "[2-6][0-9a-f]", "7[0-9a-e]",
    f"{_F}c2{_F}(?:a[1-9abcef]|b[0-9a-f])", f"{_F}(?:c[3-9abc]|d[0-3]){_ANY}",
    f"{_F}e2{_F}80{_F}(?:9[0-9a-f]|a[0-7])", f"{_F}e2{_F}82{_F}[ab][0-9a-f]",
    f"{_F}e3{_F}81{_F}(?:8[1-9a-f]|[9ab][0-9a-f])",
    f"{_F}e3{_F}83{_ANY}", f"{_F}e4{_F}b[89a-f]{_ANY}", f"{_F}e[5-9]{_ANY}{_ANY}",
    f"{_F}ef{_F}ac{_F}8[0-6]", f"{_F}f0{_F}9f{_F}(?:8[cdef]|9[0-8]){_ANY}",
)) + ")*$"  # fmt: skip

# A text by which values of any type are ordered as OPA orders them, and how OPA writes a value.
# The dash ends a value, and lies below whatever begins one.
_LEVEL = """
guard_order_{here}(x) := guard_order_0(x) if guard_rank(x) < 4

guard_order_{here}(x) := concat("", [
	"4",
	concat("", [guard_order_{below}(y) | some y in x]),
	"-",
]) if is_array(x)

guard_order_{here}(x) := concat("", [
	"5",
	concat("", sort([both |
		some k in object.keys(x)
		both := concat("", [guard_order_{below}(k), guard_order_{below}(x[k])])
	])),
	"-",
]) if is_object(x)

guard_order_{here}(x) := concat("", [
	"6",
	concat("", sort([guard_order_{below}(y) | some y in x])),
	"-",
]) if is_set(x)

guard_text_{here}(x) := guard_text_0(x) if guard_rank(x) < 4

guard_text_{here}(x) := concat("", [
	"[",
	concat(", ", [guard_text_{below}(y) | some y in x]),
	"]",
]) if is_array(x)

guard_text_{here}(x) := concat("", [
	"{{",
	concat(", ", [by[key] |
		by := {{guard_order_{below}(k): guard_member_{here}(x, k) | some k in object.keys(x)}}
		some key in sort([guard_order_{below}(k) | some k in object.keys(x)])
	]),
	"}}",
]) if is_object(x)

guard_text_{here}(x) := concat("", [
	"{{",
	concat(", ", [by[key] |
		by := {{guard_order_{below}(y): guard_text_{below}(y) | some y in x}}
		some key in sort([guard_order_{below}(y) | some y in x])
	]),
	"}}",
]) if {{
	is_set(x)
	count(x) > 0
}}

guard_text_{here}(x) := "set()" if {{
	is_set(x)
	count(x) == 0
}}

guard_member_{here}(x, k) := concat(": ", [guard_text_{below}(k), guard_text_{below}(x[k])])
"""

# Each guard fails by a built-in that is given what it never takes. The interpreter compares texts
# with their closing quotation mark, which lies above a space; of texts in hexadecimal no other
# order can come than that of their bytes, which is OPA's. Sets it walks in no order at all, and it
# sorts everything as texts: 10 before 9.
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

guard_less(a, b) if {{
	type_name(a) == type_name(b)
	guard_rank(a) < 4
	guard_key(a) < guard_key(b)
}}

guard_less(a, b) if {{
	type_name(a) == type_name(b)
	guard_rank(a) > 3
	guard_order(a) < guard_order(b)
}}

guard_less(a, b) if {{
	type_name(a) != type_name(b)
	guard_rank(a) < guard_rank(b)
}}

guard_below(a, b) := true if guard_less(a, b)

guard_below(a, b) := false if not guard_less(a, b)

guard_at_most(a, b) := guard_below(b, a) == false

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

guard_of_numbers(xs) := [by[key] |
	by := {{guard_number(x): x | some x in xs}}
	some key in sort([guard_number(x) | some x in xs])
]

guard_scalars(xs) := array.concat(
	array.concat([x | some x in xs; is_null(x)], [x | some x in xs; x == false]),
	array.concat(
		[x | some x in xs; x == true],
		array.concat(
			guard_of_numbers([x | some x in xs; is_number(x)]),
			guard_of_keys([x | some x in xs; is_string(x)]),
		),
	),
)

guard_many(xs) if is_array(xs)

guard_many(xs) if is_set(xs)

guard_by_order(xs) := [by[key] |
	by := {{guard_order(x): x | some x in xs}}
	some key in sort([guard_order(x) | some x in xs])
]

guard_sorted_alike(xs) := guard_scalars(xs) if {{
	guard_many(xs)
	not guard_composite(xs)
}}

guard_sorted_alike(xs) := guard_by_order(xs) if {{
	guard_many(xs)
	guard_composite(xs)
}}

guard_sorted_alike(xs) := sort(xs) if not guard_many(xs)

guard_in_order(xs) := guard_sorted_alike(xs) if is_set(xs)

guard_in_order(xs) := [xs[key] | some key in guard_sorted_alike(object.keys(xs))] if is_object(xs)

guard_in_order(xs) := xs if {{
	not is_set(xs)
	not is_object(xs)
}}

guard_in_turn(_, xs) := xs

guard_by_index(xs) := {{x | some x in guard_sorted_alike(xs)}} if is_set(xs)

guard_by_index(xs) := {{key: xs[key] | some key in guard_sorted_alike(object.keys(xs))}} if {{
	is_object(xs)
}}

guard_by_index(xs) := xs if {{
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

guard_place(x, y) := indexof(x, y) if y != ""

guard_place(x, y) := concat("", [1]) if y == ""

guard_shown(x) := sprintf("%v", [x]) if guard_rank(x) < 3

guard_shown(x) := x if is_string(x)

guard_shown(x) := guard_text(x) if guard_rank(x) > 3

guard_order(x) := guard_order_{LEVELS}(x)

guard_text(x) := guard_text_{LEVELS}(x)

guard_digits(n) := substring(concat("", ["{"0" * 16}", digits]), count(digits), -1) if {{
	digits := sprintf("%v", [n])
}}

guard_number(n) := concat("", ["p", guard_digits(n)]) if {{
	n >= 0
	n < {2**53}
}}

guard_number(n) := concat("", ["n", guard_digits({2**53} + n)]) if {{
	n < 0
	n > -{2**53}
}}

guard_number(n) := concat("", [1]) if n >= {2**53}

guard_number(n) := concat("", [1]) if n <= -{2**53}

guard_order_0(x) := "0" if is_null(x)

guard_order_0(x) := "1f" if x == false

guard_order_0(x) := "1t" if x == true

guard_order_0(x) := concat("", ["2", guard_number(x)]) if is_number(x)

guard_order_0(x) := concat("", ["3", guard_key(x), "-"]) if is_string(x)

guard_order_0(x) := concat("", [1]) if guard_rank(x) > 3

guard_text_0(x) := sprintf("%v", [x]) if guard_rank(x) < 3

guard_text_0(x) := guard_quoted(x) if is_string(x)

guard_text_0(x) := concat("", [1]) if guard_rank(x) > 3

guard_seen(x) if regex.match("{_SEEN}", guard_key(x))

guard_quoted(x) := concat("", [
	"{_QUOTE}",
	replace(
		replace(x, "{_BACKSLASH}", "{_BACKSLASH}{_BACKSLASH}"),
		"{_QUOTE}", "{_BACKSLASH}{_QUOTE}",
	),
	"{_QUOTE}",
]) if guard_seen(x)

guard_quoted(x) := concat("", [1]) if not guard_seen(x)
"""
    + "".join(_LEVEL.format(here=level, below=level - 1) for level in range(1, LEVELS + 1)),
)
