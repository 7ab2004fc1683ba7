package sinktest

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

// Golden compares JSON with what a file holds, laid out for people. With
// UPDATE_GOLDEN=1 in the environment it writes the file instead; look at the
// difference before you commit it.
func Golden(t *testing.T, file string, got []byte) {
	t.Helper()
	for char, code := range map[string]string{"&": `\u0026`, "<": `\u003c`, ">": `\u003e`} { // as encoding/json writes them
		got = bytes.ReplaceAll(got, []byte(code), []byte(char))
	}
	var b bytes.Buffer
	if err := json.Indent(&b, got, "", "  "); err != nil {
		t.Fatalf("%s: %v in %.200s", file, err, got)
	}
	b.WriteByte('\n')
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(file, b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(b.Bytes(), want) {
		t.Errorf("%s holds\n%s\nbut this was sent:\n%s", file, want, b.Bytes())
	}
}
