# METADATA
# title: Quantities of rendered objects
# description: >-
#   Numbers as Kubernetes takes them, where a document may hold anything: evaluators order values of
#   different types differently, so each is made a number before it is compared.
package controlplane.lib.quantities

# The value where it is a number, else `otherwise`.
number_or(value, _) := value if is_number(value)

number_or(value, otherwise) := otherwise if not is_number(value)

digits := {"0": 0, "1": 1, "2": 2, "3": 3, "4": 4, "5": 5, "6": 6, "7": 7, "8": 8, "9": 9}

powers := [1, 10, 100, 1000, 10000, 100000, 1000000, 10000000, 100000000]

# Nothing at all, or zero however it is written: `0Mi`, `0.0`, `0e3`.
nothing(value) if value in {"", 0, null}

nothing(value) if {
	is_string(value)
	trim_left(value, "+-.0") != value # most begin with another digit: no expression is needed then
	regex.match("^[+-]?[0.]+([numkKMGTPE]i?|[eE][+-]?[0-9]+)?$", value)
}

# A whole quantity, written as a number or as up to nine digits; anything else is `otherwise`.
whole_or(value, _) := value if is_number(value)

whole_or(value, otherwise) := otherwise if {
	not is_number(value)
	not is_digits(value)
}

whole_or(value, _) := sum(parts) if {
	is_digits(value)
	letters := split(value, "")
	parts := [part(letters, index) | some index in numbers.range(0, count(letters) - 1)]
}

is_digits(value) if {
	is_string(value)
	regex.match("^[0-9]+$", value)
	count(value) < 10
}

part(letters, index) := digits[letters[index]] * powers[(count(letters) - 1) - index]
