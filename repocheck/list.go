package repocheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"
)

// newestSnapshot returns the newest time in what `snapshots --json` printed, zero
// when it lists none. With --latest 1 restic prints one for each host and set of
// paths, in the order of the groups, so the last is not always the newest.
func newestSnapshot(o output) (time.Time, error) {
	var list []struct {
		Time time.Time `json:"time"`
	}
	if err := json.Unmarshal(o.stdout, &list); err != nil {
		if o.cut {
			return time.Time{}, fmt.Errorf("it is longer than %d bytes", maxOutput)
		}
		return time.Time{}, fmt.Errorf("it is not restic's JSON: %s", show(err.Error()))
	}
	var newest time.Time
	for _, s := range list {
		if s.Time.After(newest) {
			newest = s.Time.UTC()
		}
	}
	if len(list) > 0 && !sensible(newest) {
		return time.Time{}, errors.New("its dates make no sense")
	}
	return newest, nil
}

// sensible keeps out what no event could be written with: years of five digits.
func sensible(t time.Time) bool { return !t.IsZero() && t.Year() <= 9999 }

// lockID is one line of `list locks`, which knows no JSON.
var lockID = regexp.MustCompile(`^[0-9a-f]{64}$`)

// locks counts the locks that `list locks` printed.
func locks(stdout []byte) int {
	n := 0
	for line := range bytes.Lines(stdout) {
		if lockID.Match(bytes.TrimSpace(line)) {
			n++
		}
	}
	return n
}
