"""Makes a module of OPA's answer as OPA itself does.

Three things differ (OPA 1.22.0). A built-in that fails returns nothing, which Rego reads as
*undefined*: a rule that looks for a fault would find none. OPA itself is asked with
`strict-builtin-errors`; modules have no such switch. `indexof` of an empty text gives 0 and does
not fail. And sets and objects are walked in the order of their hashes, where OPA walks them sorted:
a text put together of them would differ.

So each built-in `f` of a module gets another number, and under its old one stands

    result = f(…); if result is nothing: opa_abort(-1 - number of f in BUILTINS); return result

and the function that every walk asks for the next key is replaced by `ORDERED`. A text is looked
up in a set (`MEMBER`), as OPA does, and not searched for by such a walk.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Set

from controlplane.policy.engines.compiled_sections import Sections, only_body, signed, unsigned

# What rules can call, operators included, by the name of OPA's own function for it.
BUILTINS: Mapping[str, str] = {
    "opa_agg_count": "count",
    "opa_agg_product": "product",
    "opa_agg_sort": "sort",
    "opa_agg_sum": "sum",
    "opa_arith_abs": "abs",
    "opa_arith_minus": "-",
    "opa_arith_multiply": "*",
    "opa_arith_plus": "+",
    "opa_arith_rem": "%",
    "opa_array_concat": "array.concat",
    "opa_array_reverse": "array.reverse",
    "opa_array_slice": "array.slice",
    "builtin_object_get": "object.get",
    "builtin_object_keys": "object.keys",
    "builtin_object_remove": "object.remove",
    "opa_numbers_range": "numbers.range",
    "opa_regex_match": "regex.match",
    "opa_set_intersection": "&",
    "opa_set_union": "|",
    "opa_sets_intersection": "intersection",
    "opa_sets_union": "union",
    "opa_strings_concat": "concat",
    "opa_strings_contains": "contains",
    "opa_strings_endswith": "endswith",
    "opa_strings_indexof": "indexof",
    "opa_strings_replace": "replace",
    "opa_strings_reverse": "strings.reverse",
    "opa_strings_split": "split",
    "opa_strings_startswith": "startswith",
    "opa_strings_substring": "substring",
    "opa_strings_trim": "trim",
    "opa_strings_trim_left": "trim_left",
    "opa_strings_trim_prefix": "trim_prefix",
    "opa_strings_trim_right": "trim_right",
    "opa_strings_trim_space": "trim_space",
    "opa_strings_trim_suffix": "trim_suffix",
}
_ORDER = tuple(BUILTINS)

# How OPA names operators → how they are written.
OPERATORS: Mapping[str, str] = {
    "and": "&",
    "minus": "-",
    "mul": "*",
    "or": "|",
    "plus": "+",
    "rem": "%",
}

# The next key after $last, of a set or object sorted: an array of its keys is made where a walk
# begins and remembered in one of eight slots (node, array, count, number of the key given last)
# that a walk of another node may take over. Types 6 and 7 are object and set (`opa_value.type`);
# the rest is left to $walk.
ORDERED = """
(module (memory 1)
  (func (param $node i32) (param $last i32) (result i32)
    (local $slot i32) (local $keys i32) (local $count i32) (local $key i32)
    (local $low i32) (local $high i32) (local $middle i32)
    (if (i32.eqz (local.get $node)) (then (return (i32.const 0))))
    (if (i32.ne (i32.and (i32.load8_u (local.get $node)) (i32.const 0xfe)) (i32.const 6))
      (then (return (call {walk} (local.get $node) (local.get $last)))))
    (if (i32.eqz (global.get {table})) (then
      (global.set {table} (call {malloc} (i32.const 128)))
      (memory.fill (global.get {table}) (i32.const 0) (i32.const 128))))
    (local.set $slot (i32.add (global.get {table}) (i32.and (local.get $node)
      (i32.const 0x70))))
    (if (i32.or (i32.eqz (local.get $last))
                (i32.ne (i32.load (local.get $slot)) (local.get $node))) (then
      (if (i32.eqz (local.tee $count (call {length} (local.get $node))))
        (then (return (i32.const 0))))
      (local.set $keys (call {malloc} (i32.shl (local.get $count) (i32.const 2))))
      (local.set $count (i32.const 0))
      (block $filled (loop $more
        (br_if $filled (i32.eqz (local.tee $key
          (call {walk} (local.get $node) (local.get $key)))))
        (local.set $low (i32.const 0))
        (local.set $high (local.get $count))
        (block $found (loop $search
          (br_if $found (i32.ge_u (local.get $low) (local.get $high)))
          (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)))
          (if (i32.lt_s (call {compare} (i32.load (i32.add (local.get $keys)
                (i32.shl (local.get $middle) (i32.const 2)))) (local.get $key)) (i32.const 0))
            (then (local.set $low (i32.add (local.get $middle) (i32.const 1))))
            (else (local.set $high (local.get $middle))))
          (br $search)))
        (local.set $middle (i32.add (local.get $keys) (i32.shl (local.get $low) (i32.const 2))))
        (memory.copy (i32.add (local.get $middle) (i32.const 4)) (local.get $middle)
          (i32.shl (i32.sub (local.get $count) (local.get $low)) (i32.const 2)))
        (i32.store (local.get $middle) (local.get $key))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $more)))
      (i32.store (local.get $slot) (local.get $node))
      (i32.store offset=4 (local.get $slot) (local.get $keys))
      (i32.store offset=8 (local.get $slot) (local.get $count))
      (i32.store offset=12 (local.get $slot) (i32.const 0))))
    (local.set $keys (i32.load offset=4 (local.get $slot)))
    (local.set $count (i32.load offset=8 (local.get $slot)))
    (local.set $low (i32.const 0))
    (if (local.get $last) (then
      (local.set $low (i32.load offset=12 (local.get $slot)))
      (local.set $high (local.get $count))
      (if (i32.eq (local.get $last) (i32.load (i32.add (local.get $keys)
            (i32.shl (local.get $low) (i32.const 2)))))
        (then (local.set $high (local.tee $low (i32.add (local.get $low) (i32.const 1)))))
        (else (local.set $low (i32.const 0))))
      (block $found (loop $search
        (br_if $found (i32.ge_u (local.get $low) (local.get $high)))
        (local.set $middle (i32.shr_u (i32.add (local.get $low) (local.get $high)) (i32.const 1)))
        (if (i32.le_s (call {compare} (i32.load (i32.add (local.get $keys)
              (i32.shl (local.get $middle) (i32.const 2)))) (local.get $last)) (i32.const 0))
          (then (local.set $low (i32.add (local.get $middle) (i32.const 1))))
          (else (local.set $high (local.get $middle))))
        (br $search)))))
    (if (i32.ge_u (local.get $low) (local.get $count)) (then (return (i32.const 0))))
    (i32.store offset=12 (local.get $slot) (local.get $low))
    (i32.load (i32.add (local.get $keys) (i32.shl (local.get $low) (i32.const 2))))))
"""

# An evaluation begins with an empty heap, so what was remembered there is forgotten.
EVALUATE = """
(module
  (func (param i32 i32 i32 i32 i32 i32 i32) (result i32)
    (global.set {table} (i32.const 0))
    (call {eval} (local.get 0) (local.get 1) (local.get 2) (local.get 3) (local.get 4)
      (local.get 5) (local.get 6))))
"""

# `in` walks what it searches, which would sort a set each time: a text is looked up by its hash.
# Types 4 and 8 are strings (`opa_value.type`). Whatever else is looked for, or in, is left to
# $member: equal numbers that are written otherwise have other hashes.
MEMBER = """
(module (memory 1)
  (func (param $value i32) (param $in i32) (result i32)
    (if (i32.and (i32.eq (i32.load8_u (local.get $in)) (i32.const 7))
                 (i32.or (i32.eq (i32.load8_u (local.get $value)) (i32.const 4))
                         (i32.eq (i32.load8_u (local.get $value)) (i32.const 8))))
      (then (return (call {boolean}
        (i32.ne (call {find} (local.get $in) (local.get $value)) (i32.const 0))))))
    (call {member} (local.get $value) (local.get $in))))
"""

# `concat` walks a set by itself: of a set it is given an array instead, made by an ordered walk.
CONCAT = """
(module (memory 1)
  (func (param $between i32) (param $texts i32) (result i32)
    (local $array i32) (local $key i32)
    (if (i32.eq (i32.load8_u (local.get $texts)) (i32.const 7)) (then
      (local.set $array (call {array}))
      (block $walked (loop $more
        (br_if $walked (i32.eqz (local.tee $key
          (call {next} (local.get $texts) (local.get $key)))))
        (call {append} (local.get $array) (local.get $key))
        (br $more)))
      (local.set $texts (local.get $array))))
    (call {concat} (local.get $between) (local.get $texts))))
"""

# `indexof` of an empty text is 0 in modules, and an error in OPA. Types 4 and 8 are texts.
INDEXOF = """
(module (memory 1)
  (func (param $within i32) (param $wanted i32) (result i32)
    (if (i32.or (i32.eq (i32.load8_u (local.get $wanted)) (i32.const 4))
                (i32.eq (i32.load8_u (local.get $wanted)) (i32.const 8)))
      (then (if (i32.eqz (i32.load offset=4 (local.get $wanted)))
        (then (return (i32.const 0))))))
    (call {indexof} (local.get $within) (local.get $wanted))))
"""

Assembler = Callable[[str], bytes]
"""Returns the bytes of a module from its text; numbers of functions need not exist in it."""


class UnreadableModuleError(ValueError):
    """The bytes are no WebAssembly module of the kind that OPA writes."""


def failed_builtin(address: int) -> str:
    """Return the built-in whose failure `opa_abort(address)` tells, "" where it tells another."""
    return BUILTINS[_ORDER[-1 - address]] if -len(_ORDER) <= address < 0 else ""


def strict(
    wasm: bytes,
    assemble: Assembler,
    called: Set[str] = frozenset(),
    *,
    fail: bool = True,
    ordered: bool = True,
) -> bytes:
    """Return the module that answers as OPA does.

    `called` are the built-ins that the module calls, as `BUILTINS` writes them: one that is not
    found in it, perhaps because another OPA names it otherwise, is an error. `fail` and
    `ordered` are off only in the tests that show what each is for. Raises UnreadableModuleError
    for what is no module of OPA's.
    """
    try:
        module = Sections(wasm)
        _require(module, called)
        if fail:
            _refuse_empty(module, assemble)
            _fail(module)
        if ordered:
            _order(module, assemble)
        return module.to_bytes()
    except (IndexError, KeyError, ValueError) as error:
        raise UnreadableModuleError(f"not a module that OPA wrote: {error!r}") from error


def _require(module: Sections, called: Set[str]) -> None:
    absent = {f for f, name in BUILTINS.items() if name in called} - set(module.functions)
    if absent:
        raise ValueError(f"it has no {', '.join(sorted(absent))}")


def _refuse_empty(module: Sections, assemble: Assembler) -> None:
    """Let `indexof` of an empty text return nothing, which `_fail` makes an error."""
    if "opa_strings_indexof" in module.functions:
        moved = module.move("opa_strings_indexof")
        module.put("opa_strings_indexof", only_body(assemble(INDEXOF.format(indexof=moved))))


def _fail(module: Sections) -> None:
    abort = module.imported.index("opa_abort")
    for number, name in enumerate(_ORDER):
        if name in module.functions:
            moved = module.move(name)
            module.put(name, _guarded(moved, module.parameters(name), abort, number))


def _order(module: Sections, assemble: Assembler) -> None:
    numbers = {
        "table": module.new_global(),
        "walk": module.move("opa_value_iter"),
        "eval": module.move("opa_eval"),
        "compare": module.functions["opa_value_compare"],
        "length": module.functions["opa_value_length"],
        "malloc": module.functions["opa_malloc"],
    }
    module.put("opa_value_iter", only_body(assemble(ORDERED.format(**numbers))))
    if "opa_strings_concat" in module.functions:
        numbers |= {
            "array": module.functions["opa_array"],
            "append": module.functions["opa_array_append"],
            "next": module.functions["opa_value_iter"],
            "concat": module.move("opa_strings_concat"),
        }
        module.put("opa_strings_concat", only_body(assemble(CONCAT.format(**numbers))))
    if "builtin_member" in module.functions:
        numbers |= {
            "boolean": module.functions["opa_boolean"],
            "find": module.functions["opa_value_get"],
            "member": module.move("builtin_member"),
        }
        module.put("builtin_member", only_body(assemble(MEMBER.format(**numbers))))
    module.put("opa_eval", only_body(assemble(EVALUATE.format(**numbers))))


def _guarded(function: int, arguments: int, abort: int, name: int) -> bytes:
    """Return the body that calls `function` and ends the evaluation where it returns nothing."""
    get, call, tee, is_zero, begin, end = b"\x20", b"\x10", b"\x22", b"\x45", b"\x04\x40", b"\x0b"
    result = unsigned(arguments)  # the first local beyond the arguments
    return b"".join((
        b"\x01\x01" + b"\x7f",
        *(get + unsigned(each) for each in range(arguments)),
        call + unsigned(function) + tee + result + is_zero + begin,
        b"\x41" + signed(-1 - name) + call + unsigned(abort) + b"\x00" + end,
        get + result + end,
    ))  # fmt: skip
