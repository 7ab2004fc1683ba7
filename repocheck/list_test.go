package repocheck

import (
	"strings"
	"testing"
	"time"

	"bellhop/templates/wordstest"
)

func TestTheNewestSnapshotMayStandAnywhereInTheList(t *testing.T) {
	const list = `[{"time":"2026-01-02T03:04:05Z"},{"time":"2026-11-21T12:00:00.5+01:00"},{"time":"2026-11-21T09:00:00Z"}]`
	got, err := newestSnapshot(output{stdout: []byte(list)})
	want := time.Date(2026, 11, 21, 11, 0, 0, 5e8, time.UTC)
	if err != nil || !got.Equal(want) {
		t.Fatalf("got %s, %v", got, err)
	}
}

func TestNoSnapshotIsNoError(t *testing.T) {
	for _, list := range []string{"[]", "null", " []\n"} {
		if got, err := newestSnapshot(output{stdout: []byte(list)}); err != nil || !got.IsZero() {
			t.Errorf("%s: got %s, %v", list, got, err)
		}
	}
}

func TestADamagedListSaysWhatIsWrong(t *testing.T) {
	for _, c := range []struct {
		stdout, want string
		cut          bool
	}{
		{"", "not restic's JSON", false},
		{"restic is a backup program which allows saving multiple revisions", "not restic's JSON", false},
		{`[{"time":"2026-01-02T03:04:05Z"},`, "longer than 1048576 bytes", true},
		{`[{"time":"yesterday"}]`, "not restic's JSON", false},
		{`[{"time":7}]`, "not restic's JSON", false},
		{`{"message":"hello"}`, "not restic's JSON", false},
		{`[{"id":"no time"}]`, "make no sense", false},
		{`[{"time":"9999-12-31T23:59:59-23:00"}]`, "make no sense", false},
	} {
		got, err := newestSnapshot(output{stdout: []byte(c.stdout), cut: c.cut})
		if err == nil || !strings.Contains(err.Error(), c.want) || !got.IsZero() {
			t.Errorf("%s: got %s, %v", c.stdout, got, err)
			continue
		}
		wordstest.SaysTheSame(t, ofModule("mail1", unlisted(err)))
	}
}

func TestOnlyIDsCountAsLocks(t *testing.T) {
	id := strings.Repeat("0a", 32)
	if n := locks([]byte("using temporary cache\n" + id + "\n\n" + id + "\r\nabc\n")); n != 2 {
		t.Fatalf("got %d", n)
	}
}
