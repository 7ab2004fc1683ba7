package config_test

import (
	"errors"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"bellhop/config"
)

var update = flag.Bool("update", false, "write the golden files anew")

// passwords stand in the bad files where secrets do.
var passwords = []string{"hunter2", "20021988"}

func TestEveryFaultIsToldAtOnceWithItsPlace(t *testing.T) {
	files, err := filepath.Glob("testdata/bad/*.yml")
	if err != nil || len(files) == 0 {
		t.Fatalf("no bad files were found: %v", err)
	}
	for _, file := range files {
		t.Run(strings.TrimSuffix(filepath.Base(file), ".yml"), func(t *testing.T) {
			c, _, err := config.Load(file, nil, testKinds())
			var faults config.Faults
			if c != nil || !errors.As(err, &faults) {
				t.Fatalf("the file was taken, or refused by something else than faults: %v", err)
			}
			golden(t, strings.TrimSuffix(file, ".yml")+".txt", err.Error()+"\n")
			for _, password := range passwords {
				if strings.Contains(strings.ReplaceAll(err.Error(), file, ""), password) {
					t.Errorf("a message holds a secret:\n%v", err)
				}
			}
		})
	}
}

func golden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
}
