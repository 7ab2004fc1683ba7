package config_test

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/config"
)

// FuzzLoad: any file is either taken or refused with a fault for each of its
// faults, in one line each.
func FuzzLoad(f *testing.F) {
	files, err := filepath.Glob("testdata/*/*.yml")
	if err != nil || len(files) == 0 {
		f.Fatalf("no files to begin with: %v", err)
	}
	for _, file := range files {
		data, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data), "PORT", "9099")
	}
	f.Fuzz(func(t *testing.T, text, key, value string) {
		c, _, err := config.Load(write(t, text), []string{"BELLHOP_RECEIVER__" + key + "=" + value}, testKinds())
		var faults config.Faults
		if (c == nil) != errors.As(err, &faults) {
			t.Fatalf("neither settings nor faults, or both: %v", err)
		}
		for _, p := range faults {
			if p.Text == "" || strings.TrimSpace(p.String()) == "" {
				t.Errorf("a fault says nothing: %+v", p)
			}
		}
	})
}
