"""Where a comparison, a call or a format begins and ends, and that no line moves."""

from __future__ import annotations

import pytest

from controlplane.policy.engines.guard_rego import MODULE
from controlplane.policy.engines.guarded import CALLED, COMPARED, guarded
from controlplane.policy.model import PolicyModule

G = "data.controlplane_guard.guard_"


def _body(text: str) -> str:
    module = guarded(PolicyModule("a.rego", f"package a\n\nx if {{\n\t{text}\n}}\n"))
    assert module.text.count("\n") == 5 + text.count("\n")
    return module.text.split("{\n\t", 1)[1].removesuffix("\n}\n").replace(G, "")


@pytest.mark.parametrize(
    ("text", "wanted"),
    [
        ("a < 3", "below(a , 3)"),
        ("a.b[c] >= d.e", "at_least(a.b[c] , d.e)"),
        ("not a <= b", "not at_most(a , b)"),
        ("a + 1 > b * 2", "above(a + 1 , b * 2)"),
        ("x := a > b", "x := above(a , b)"),
        ("a < 3; b > 4", "below(a , 3); above(b , 4)"),
        ("a == 1\n\tb < 2\n\tc == 3", "a == 1\n\tbelow(b , 2)\n\tc == 3"),
        ("a <\n\t\t3\n\tb", "below(a ,\n\t\t3)\n\tb"),
        ("count([x | some x in xs; x < 3]) < 4", "below(count([x | some x in in_order(xs); below(x , 3)]) , 4)"),
        ("y := {x | x > 1}", "y := {x | above(x , 1)}"),
        ("y := [x > 1 | some x in xs]", "y := [above(x , 1) | some x in in_order(xs)]"),
        ("(a | b) < c", "below((a | b) , c)"),
        ("a | b < c | d", "below(a | b , c | d)"),
        ("every x in xs { x > 1 }", "every x in xs { above(x , 1) }"),
        ("f(a < b, c)", "f(below(a , b), c)"),
        ('y := {"k": a < b}', 'y := {"k": below(a , b)}'),
        ("sum(xs) > 3", "above(total(xs) , 3)"),
        ("array.slice(xs, 0, 1) == [sort([x | some x in xs])]", "slice_of(xs, 0, 1) == [sorted_alike([x | some x in in_order(xs)])]"),
        ('concat(",", xs) == trim_space(y)', 'joined(",", xs) == trimmed(y)'),
        ('sprintf("a%v", [x]) == y', 'concat("", ["a", shown(x), ""]) == y'),
        ('x := sprintf("%v-%%%v!", [a < b, sum(c)])', 'x := concat("", ["", shown(below(a , b)), "-%", shown(total(c)), "!"])'),
        ('x := sprintf("100%%", [])', 'x := concat("", ["100%"])'),
        ('x := sprintf("%v", [sprintf(`<%v>`, [[a, b]])])', 'x := concat("", ["", shown(concat("", ["<", shown([a, b]), ">"])), ""])'),
        ('x := sprintf("%v", [[y | some y in ys]])', 'x := concat("", ["", shown([y | some y in in_order(ys)]), ""])'),
        ("indexof(a, b) == 0", "place(a, b) == 0"),
        ("x := [y | y := a.b[_]]", "x := [y | y := by_index(a.b)[_]]"),
        ("x := [y | some i, j; y := a.b[i].c[j][k]]", "x := [y | some i, j; y := by_index(by_index(a.b)[i].c)[j][k]]"),
        ("x := [y | some i; y := f(a, b).c[i]]", "x := [y | some i; y := by_index(f(a, b).c)[i]]"),
        ("x := [y | some z in zs; some y in ys]", "x := [y | some z in in_order(zs); some y in in_turn(z, in_order(ys))]"),
        ("x := [y | some {k: z} in zs; some y in ys]", "x := [y | some {k: z} in in_order(zs); some y in in_turn(z, in_order(ys))]"),
        ("x := [y | some z in zs; y := a.b[_]]", "x := [y | some z in in_order(zs); y := in_turn(z, by_index(a.b))[_]]"),
        ("x := [y | some i; z := zs[i]; some y in ys]", "x := [y | some i; z := by_index(zs)[i]; some y in in_turn(i, in_order(ys))]"),
        ("x := [y | some z in zs; w := {v | some v in z}; some y in w]", "x := [y | some z in in_order(zs); w := {v | some v in in_order(z)}; some y in in_turn(z, in_order(w))]"),
        ("x := {y: [z | some z in y] | some y in ys; some w in ws}", "x := {y: [z | some z in in_order(y)] | some y in ys; some w in ws}"),
        ("x := [y | y := a[_]; b[_]]", "x := [y | y := by_index(a)[guard_each_36]; in_turn(guard_each_36, by_index(b))[_]]"),
        ("x := {y | y := a[_]}", "x := {y | y := a[_]}"),
        ("x := [y | y := a[k]]", "x := [y | y := a[k]]"),
        ('"a < b" == c # a < b', '"a < b" == c # a < b'),
        ("array.concat(a, b) == c", "array.concat(a, b) == c"),
    ],
)  # fmt: skip
def test_what_becomes_of_a_body(text: str, wanted: str) -> None:
    assert _body(text) == wanted


def test_the_value_of_a_function_is_guarded_too() -> None:
    module = guarded(PolicyModule("a.rego", "package a\n\nf(x) := x < 3 if x > 1\n"))
    assert module.text.replace(G, "") == "package a\n\nf(x) := below(x , 3) if above(x , 1)\n"


def test_every_guard_that_is_called_is_there() -> None:
    for name in (*CALLED.values(), *COMPARED.values()):
        assert f"\n{name}(" in MODULE.text
