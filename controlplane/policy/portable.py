"""The built-ins that every evaluator answers alike, and why the others are left out.

The set is data: a built-in enters it together with cases in `tests/integration/policy` that
compare what the evaluators answer for it, strict errors included. Everything else is refused when
policies are loaded, because *unknown built-in* is `undefined` in some evaluators, which reads as
*no finding*.
"""

from __future__ import annotations

PORTABLE = frozenset({
    "abs", "array.concat", "array.reverse", "array.slice", "concat", "contains", "count",
    "endswith", "indexof", "intersection", "is_array", "is_boolean", "is_null", "is_number",
    "is_object", "is_set", "is_string", "numbers.range", "object.get", "object.keys",
    "object.remove", "product", "regex.match", "replace", "sort", "split", "sprintf",
    "startswith", "strings.reverse", "substring", "sum", "trim", "trim_left", "trim_prefix",
    "trim_right", "trim_space", "trim_suffix", "type_name", "union", "walk",
})  # fmt: skip

# The first words of every built-in of OPA: nothing else may be called by one of them, so that no
# import or rule can make a refused built-in look like a call into a module.
ROOTS = frozenset(name.partition(".")[0] for name in PORTABLE) | frozenset({
    "all", "and", "any", "base64", "base64url", "bits", "cast_array", "cast_boolean",
    "cast_null", "cast_number", "cast_object", "cast_set", "cast_string", "ceil", "crypto",
    "div", "eq", "equal", "floor", "format_int", "glob", "graph", "graphql", "gt", "gte", "hex",
    "http", "internal", "io", "json", "lower", "lt", "lte", "max", "min", "minus", "mul", "neq",
    "net", "numbers", "opa", "or", "plus", "print", "providers", "rand", "re_match", "regex",
    "rego", "rem", "round", "semver", "set_diff", "strings", "time", "to_number", "trace",
    "units", "upper", "urlquery", "uuid", "yaml",
})  # fmt: skip

# Why a built-in is refused and what to write instead; by the longest matching prefix.
REASONS: dict[str, tuple[str, str]] = {
    "http": ("a decision depends on its input only", "put what you need into a fact"),
    "net": ("a decision depends on its input only", "put what you need into a fact"),
    "providers": ("it is not known to every evaluator", "put what you need into a fact"),
    "opa.runtime": ("it shows the environment of the evaluator", "put what you need into a fact"),
    "rand": ("the same input would give another answer", "derive what you need from the input"),
    "uuid": ("the same input would give another answer", "derive what you need from the input"),
    "time": (
        "evaluators read times differently, and the clock is no input",
        "list `time` in custom.uses and compare input.time.epochSeconds with the epochSeconds "
        "of the field",
    ),
    "rego.metadata": (
        "some evaluators answer nothing at all",
        "return a code; the host reads METADATA",
    ),
    "json": ("evaluators write JSON differently", "compare the fields themselves"),
    "min": (
        "of nothing it is undefined, which evaluators treat differently",
        "write `sort([each | some each in xs])[0]`",
    ),
    "max": (
        "of nothing it is undefined, which evaluators treat differently",
        "write `sort([each | some each in xs])[count(xs) - 1]`, or ask of `every x in xs`",
    ),
    "to_number": ("numbers in text are read differently", "use the projected integer of the field"),
    "round": ("numbers with a fraction differ between evaluators", "use scaled integers"),
    "ceil": ("numbers with a fraction differ between evaluators", "use scaled integers"),
    "floor": ("numbers with a fraction differ between evaluators", "use scaled integers"),
    "div": ("numbers with a fraction differ between evaluators", "multiply the other side instead"),
    "units": ("quantities have an exact projection", "use `milli` or `micros` of the field"),
    "regex": ("expressions are read differently", "use regex.match with a literal pattern"),
    "lower": (
        "letters outside of ASCII are left alone by some evaluators",
        "import data.controlplane.lib.text and use text.in_small_letters",
    ),
    "upper": (
        "letters outside of ASCII are left alone by some evaluators",
        "import data.controlplane.lib.text and use text.in_small_letters",
    ),
    "object.union": (
        "objects within objects are merged by some evaluators and replaced by others",
        "name the fields that you need",
    ),
    "print": ("it is for looking at a rule while writing it", "remove it"),
    "trace": ("it is for looking at a rule while writing it", "remove it"),
}


def reason(name: str) -> tuple[str, str]:
    """Return why the built-in `name` is refused, and the portable alternative."""
    parts = name.split(".")
    for length in range(len(parts), 0, -1):
        if known := REASONS.get(".".join(parts[:length])):
            return known
    return (
        "it is not among the built-ins that every evaluator answers alike",
        "see the list in docs/policies.md, or write a function in policies/lib",
    )
