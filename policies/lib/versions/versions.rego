# METADATA
# title: Versions of packs
# description: >-
#   Which of two versions, three whole numbers each, is the newer one. Numbers are compared as text of
#   one length, because evaluators read numbers in text differently.
package controlplane.lib.versions

newer(one, other) if sortable(one) > sortable(other)

sortable(version) := concat(".", [padded(number) | some number in split(version, ".")])

padded(number) := concat("", [substring("000000000", 0, 9 - count(number)), number])
