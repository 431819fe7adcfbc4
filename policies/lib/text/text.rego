# METADATA
# title: Text
# description: What evaluators do alike with letters; those outside of ASCII are left as they are.
package controlplane.lib.text

small := {
	"A": "a",
	"B": "b",
	"C": "c",
	"D": "d",
	"E": "e",
	"F": "f",
	"G": "g",
	"H": "h",
	"I": "i",
	"J": "j",
	"K": "k",
	"L": "l",
	"M": "m",
	"N": "n",
	"O": "o",
	"P": "p",
	"Q": "q",
	"R": "r",
	"S": "s",
	"T": "t",
	"U": "u",
	"V": "v",
	"W": "w",
	"X": "x",
	"Y": "y",
	"Z": "z",
}

in_small_letters(words) := concat("", [object.get(small, letter, letter) | some letter in split(words, "")])
