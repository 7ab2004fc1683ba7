package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/config"
)

func TestR20TheLogGoesWhereTheSettingsSay(t *testing.T) {
	var stderr bytes.Buffer
	l := config.DefaultLogging()
	one, two := filepath.Join(t.TempDir(), "one"), filepath.Join(t.TempDir(), "two")
	book, err := openLog(l, &stderr)
	if err != nil {
		t.Fatal(err)
	}
	for i, file := range []string{"", one, two, "", one} {
		l.File = file
		if restart := book.follow(l); restart {
			t.Errorf("%q takes a restart", file)
		}
		if err := book.reopen(); err != nil {
			t.Fatal(err)
		}
		book.log.Error("line", "number", i)
	}
	book.close()
	for where, want := range map[string]int{stderr.String(): 2, text(t, one): 2, text(t, two): 1} {
		if n := strings.Count(where, "msg=line"); n != want {
			t.Errorf("%d lines in %q, want %d", n, where, want)
		}
	}
}

func text(t *testing.T, file string) string {
	t.Helper()
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}
