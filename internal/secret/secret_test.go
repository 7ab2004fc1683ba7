package secret_test

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"bellhop/internal/secret"
)

const plain = `pa"ss/w<o>rd ü`

func TestR23NothingPrintsASecret(t *testing.T) {
	s := secret.New(plain)
	hidden := struct {
		in   secret.String
		list []secret.String
		m    map[string]secret.String
	}{s, []secret.String{s}, map[string]secret.String{"x": s}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "secret", s, "struct", hidden)
	coded, err := json.Marshal(struct{ S secret.String }{s})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		fmt.Sprint(s, &s), fmt.Sprintf("%s %q %x %d", s, s, s, s),
		fmt.Sprintf("%v %+v %#v", hidden, hidden, &hidden), log.String(), string(coded),
	} {
		if strings.Contains(text, "pa") || strings.Contains(text, fmt.Sprintf("%x", plain)) {
			t.Errorf("this shows the secret: %s", text)
		}
	}
	if s.Reveal() != plain || s.Empty() {
		t.Error("the secret is lost")
	}
}

func TestEmptySecretIsEmpty(t *testing.T) {
	var zero, read secret.String
	if err := read.UnmarshalText(nil); err != nil {
		t.Fatal(err)
	}
	for _, s := range []secret.String{zero, read, secret.New("")} {
		if !s.Empty() || s.Reveal() != "" || s.String() != "" {
			t.Errorf("%q is not empty", s.Reveal())
		}
	}
}

func TestR23RedactCutsEveryFormOfASecret(t *testing.T) {
	coded, err := json.Marshal(map[string]string{"echo": plain})
	if err != nil {
		t.Fatal(err)
	}
	for _, text := range []string{
		"you said " + plain, string(coded), `{"echo":"pa\"ss/w<o>rd ü"}`,
		"see https://user:hunter2@example.org/x?key=hunter2 for more", "sftp:user:hunter2@example.org:/srv",
		"GET /pa%22ss%2Fw%3Co%3Erd+%C3%BC",
	} {
		got := secret.Redact(text, secret.New(plain))
		for _, part := range []string{"pa", "hunter2"} {
			if strings.Contains(got, part) {
				t.Errorf("%q became %q", text, got)
			}
		}
	}
}
