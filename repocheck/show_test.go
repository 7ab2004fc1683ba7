package repocheck

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestErrorsAreFitForPeople(t *testing.T) {
	for _, c := range []struct{ name, line, want string }{
		{"gateway", `Fatal: unable to open repository at rest:http://127.0.0.1:4694/u/mail/u: gone`, `unable to open repository at the node's gateway: gone`},
		{"gateway with credentials", `Head "http://node:pass@127.0.0.1:4694/u/config": EOF`, `Head "the node's gateway": EOF`},
		{"gateway's port", `dial tcp 127.0.0.1:4694: connect: connection refused`, `dial tcp the node's gateway: connect: connection refused`},
		{"a far server stays, its password goes", `Head "https://joe:s3cret@nas.example.org/x?sig=abc": EOF`, `Head "https://nas.example.org/x": EOF`},
		{"control characters and lines", "a\x00b\x1b[31mc\td\u202ee\n", "a b [31mc d e"},
		{"broken UTF-8", "caf\xe9", "caf?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := show(c.line); got != c.want {
				t.Fatalf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestLongErrorsAreCutBetweenCharacters(t *testing.T) {
	got := show(strings.Repeat("è", 1000))
	if len(got) > maxError || !utf8.ValidString(got) || !strings.HasSuffix(got, "è…") {
		t.Fatalf("got %d bytes: %s", len(got), got)
	}
}

// FuzzRead: whatever restic prints, the answer is safe to store and to show.
func FuzzRead(f *testing.F) {
	f.Add(0, []byte(`[{"time":"2026-11-21T09:49:37Z"}]`), []byte(""), false)
	f.Add(1, []byte(""), []byte("Fatal: wrong password or no key found\n"), false)
	f.Add(10, []byte(""), []byte(`{"message_type":"exit_error","code":10,"message":"Fatal: a\nb"}`), false)
	f.Add(130, []byte(""), []byte(`Stat(<config/>) returned error, retrying after 1s: Head "http://:***@127.0.0.1:4694/r": EOF`), true)
	f.Add(2, []byte("usage"), []byte("Module not found: \xff\x00\n"), false)
	f.Add(0, []byte(`[{"time":"9999-12-31T23:59:59-23:00"}]`), []byte("{}"), false)
	f.Fuzz(func(t *testing.T, exit int, stdout, stderr []byte, late bool) {
		o := output{exit: exit, stdout: stdout, stderr: stderr, late: late}
		v := read(o)
		a := v.answer("mail1")
		newest, err := newestSnapshot(o)
		if err == nil {
			a.LastSnapshot = newest
		}
		if v.readable != (exit == 0 && !late) {
			t.Errorf("readable %v at exit %d", v.readable, exit)
		}
		if !v.readable && v.cause == "" && a.Note.Text == "" {
			t.Error("neither a cause nor a note")
		}
		if len(a.Error) > maxError || locks(stdout) < 0 {
			t.Errorf("%d bytes of error", len(a.Error))
		}
		for _, text := range []string{a.Error, a.Note.Text} {
			if !utf8.ValidString(text) || strings.ContainsFunc(text, unicode.IsControl) || strings.Contains(text, "127.0.0.1:4694") {
				t.Errorf("not fit for people: %q", text)
			}
		}
		if _, err := json.Marshal(a); err != nil {
			t.Error(err)
		}
	})
}
