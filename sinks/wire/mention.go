package wire

import (
	"regexp"
	"strings"
	"unicode"
)

// everybody matches what calls all of a channel, in one chat or another.
var everybody = regexp.MustCompile(`(?i)^@(?:here|channel|everyone|all)`)

// parted is an invisible space.
const parted = "\u200b"

// Defuse keeps plain text from calling somebody, for whatever reads it for mentions: it
// parts the @ from the name that follows, unless the @ stands within a word, as in an
// address. And it parts what some chats take for a link or a picture, [text](address).
func Defuse(text string) string {
	var b strings.Builder
	var before rune
	for i, r := range text {
		if r == '(' && before == ']' {
			b.WriteString(parted)
		}
		b.WriteRune(r)
		if r == '@' && (!unicode.IsLetter(before) && !unicode.IsNumber(before) || everybody.MatchString(text[i:])) {
			b.WriteString(parted)
		}
		before = r
	}
	return b.String()
}
