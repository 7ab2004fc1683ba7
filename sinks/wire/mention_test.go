package wire_test

import (
	"strings"
	"testing"

	"bellhop/sinks/wire"
)

func TestTextCallsNobody(t *testing.T) {
	for _, text := range []string{"@here", "@@here", "disk @@everyone full", "x@everyone", "@Channel", "(@ann)", "a@all", "\n@ann", "@"} {
		got := strings.ToLower(wire.Defuse(text))
		for _, bad := range []string{"@here", "@everyone", "@channel", "@all", "@ann"} {
			if strings.Contains(got, bad) {
				t.Errorf("%q became %q", text, got)
			}
		}
		if strings.ReplaceAll(got, "\u200b", "") != strings.ToLower(text) {
			t.Errorf("%q became %q", text, got)
		}
	}
	for _, text := range []string{"ann@example.org", "10 @ 5", "[a] (b)"} {
		if got := strings.ReplaceAll(wire.Defuse(text), "@\u200b ", "@ "); got != text {
			t.Errorf("%q became %q", text, got)
		}
	}
	if got := wire.Defuse("[a](b)"); got != "[a]\u200b(b)" {
		t.Errorf("got %q", got)
	}
}
