package main

import (
	"strings"
	"unicode"
)

// printable puts blanks in the place of what would move a terminal's cursor or
// change its colours: a far end's answer is shown, never obeyed.
func printable(text string) string {
	return strings.Map(func(c rune) rune {
		if unicode.IsPrint(c) {
			return c
		}
		return ' '
	}, strings.ToValidUTF8(text, "\uFFFD"))
}

// cut shortens text to so many characters.
func cut(text string, wide int) string {
	all := []rune(printable(text))
	if len(all) <= wide {
		return string(all)
	}
	return string(all[:wide-1]) + "…"
}
