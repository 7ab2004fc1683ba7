package intake

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash/fnv"
	"maps"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Bounds of what is taken over from an alert. Prometheus' own limits are off by
// default, so these are ours: far above what any rule of NS8 writes.
const (
	maxPairs     = 64       // labels of an alert, and annotations
	maxName      = 256      // bytes of a label's name
	maxValue     = 8 << 10  // bytes of a label's value
	maxAll       = 16 << 10 // bytes of all labels of an alert, and of all annotations
	maxLink      = 2 << 10  // bytes of a URL
	maxReference = 128      // bytes of a plan's id or name, or of a fingerprint
	keptOfLong   = 100      // bytes that are left of a longer one, before the hash
)

// labels cleans labels and bounds their number; the names in first are the last to go.
func labels(m map[string]string, first []string) map[string]string {
	return pairs(m, first, inLine)
}

// annotations cleans annotations. They are texts for people and keep their lines.
func annotations(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return pairs(m, nil, inText)
}

func pairs(m map[string]string, first []string, control func(rune) rune) map[string]string {
	if plain(m) {
		return m
	}
	names := slices.Sorted(maps.Keys(m))
	slices.SortStableFunc(names, func(a, b string) int {
		return rank(a, first) - rank(b, first)
	})
	out := make(map[string]string, min(len(m), maxPairs))
	size := 0
	for _, name := range names[:min(len(names), maxPairs)] {
		cleaned, value := short(clean(name, inName), maxName), short(clean(m[name], control), maxValue)
		size += len(cleaned) + len(value)
		if _, taken := out[cleaned]; taken || size > maxAll && !slices.Contains(first, name) {
			continue
		}
		out[cleaned] = value
	}
	return out
}

// plain is true for what is as it should be already, which is nearly all.
func plain(m map[string]string) bool {
	size := 0
	for name, value := range m {
		if len(name) > maxName || len(value) > maxValue || !printable(name) || !printable(value) {
			return false
		}
		size += len(name) + len(value)
	}
	return len(m) <= maxPairs && size <= maxAll
}

// printable is true for text of nothing but ASCII without control characters.
func printable(text string) bool {
	for i := range len(text) {
		if text[i] < ' ' || text[i] > '~' {
			return false
		}
	}
	return true
}

func rank(name string, first []string) int {
	if slices.Contains(first, name) {
		return 0
	}
	return 1
}

// clean makes text valid UTF-8; each control character becomes what control
// makes of it, a negative rune being none at all.
func clean(text string, control func(rune) rune) string {
	if printable(text) {
		return text
	}
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) {
			return control(r)
		}
		return r
	}, strings.ToValidUTF8(text, string(utf8.RuneError)))
}

// inName is for what names a thing: nothing may vanish, or two would become one.
func inName(rune) rune { return utf8.RuneError }

// inLine is for a text of one line.
func inLine(r rune) rune {
	switch r {
	case '\n', '\t':
		return ' '
	case '\r':
		return -1
	}
	return utf8.RuneError
}

// inText is for a text of several lines.
func inText(r rune) rune {
	if r == '\n' {
		return r
	}
	return inLine(r)
}

// short cuts text to at most n bytes, the mark of the cut included.
func short(text string, n int) string {
	const mark = "…"
	if len(text) <= n {
		return text
	}
	return head(text, n-len(mark)) + mark
}

// head is as many whole runes of text as fit into n bytes.
func head(text string, n int) string {
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// reference cleans what names a thing: exact but for control characters, and,
// when it is too long, cut in a way that keeps two of them apart.
func reference(text string) string {
	out := clean(text, inName)
	if len(out) <= maxReference {
		return out
	}
	sum := sha256.Sum256([]byte(text))
	return head(out, keptOfLong) + "-" + hex.EncodeToString(sum[:4])
}

// fingerprint is Alertmanager's own: FNV-1a over the sorted labels, each name and
// value ended by 0xFF (prometheus/common, model/signature.go), so that an alert
// is the same one whichever way it comes.
func fingerprint(labels map[string]string) string {
	h := fnv.New64a()
	for _, name := range slices.Sorted(maps.Keys(labels)) {
		_, _ = h.Write([]byte(name + "\xff" + labels[name] + "\xff")) // a hash takes everything
	}
	return fmt.Sprintf("%016x", h.Sum64())
}

// link keeps a URL that a person may click on, without a password; any other is left out.
func link(text string) string {
	u, err := url.Parse(text)
	if err != nil || len(text) > maxLink || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		return ""
	}
	u.User = nil
	return clean(u.String(), inName)
}
