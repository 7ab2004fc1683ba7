package repocheck

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"time"

	"bellhop/internal/event"
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
			return time.Time{}, badList{reason: "too_long", field: strconv.Itoa(maxOutput)}
		}
		return time.Time{}, badList{reason: "not_json", err: show(err.Error())}
	}
	var newest time.Time
	for _, s := range list {
		if s.Time.After(newest) {
			newest = s.Time.UTC()
		}
	}
	if len(list) > 0 && !sensible(newest) {
		return time.Time{}, badList{reason: "odd_dates"}
	}
	return newest, nil
}

// badList is why a list of snapshots cannot be read, in the reasons of the templates'
// "words.damage".
type badList struct{ reason, field, err string }

func (b badList) Error() string {
	switch b.reason {
	case "too_long":
		return fmt.Sprintf("it is longer than %s bytes", b.field)
	case "not_json":
		return "it is not restic's JSON: " + b.err
	}
	return "its dates make no sense"
}

// unlisted says why a list of snapshots tells nothing.
func unlisted(err error) event.Note {
	n := event.Note{
		Code:   event.NoteSnapshotsUnread,
		Values: map[string]string{"error": err.Error()},
		Text:   fmt.Sprintf("its list of snapshots could not be read: %v", err),
	}
	var b badList
	if errors.As(err, &b) {
		n.Values = map[string]string{"reason": b.reason, "field": b.field, "error": b.err}
	}
	return n
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
