package correlate

import (
	"encoding/json"
	"math"
	"strconv"
	"strings"
	"time"
)

const (
	// maxStatus is the longest status that is read, in bytes. Real ones have 150.
	maxStatus = 64 << 10
	// maxAhead is how far the clock of another node may be ahead of ours.
	maxAhead = time.Hour
	// maxRun is longer than any backup takes; a start further back is damage, and
	// would pull every older status into the run.
	maxRun = 30 * 24 * time.Hour
	// Epoch seconds before 2001 or after the year 36000 are no times of a backup.
	firstSecond, lastSecond = 1_000_000_000, 1 << 40
)

// status is what the last run of a module left behind.
type status struct {
	layout     layout
	module     string // empty: the plan's own status of the flat layout
	node       string // node layout only
	start, end time.Time
	failed     bool
	suspect    bool   // a success over no files at all
	size       int64  // bytes
	text       string // the error's words, shortened
	// damage says what cannot be read. Start and end are zero when the times are
	// damaged, and true when only something else is.
	damage damage
}

// dated reports whether it is known when the run was.
func (s status) dated() bool { return !s.end.IsZero() }

// parseNode reads a field of the node layout: JSON with numbers.
func parseNode(raw string, now time.Time) status {
	fields, bad := flatten(raw)
	if bad.found() {
		return status{layout: nodeLayout, damage: bad}
	}
	st := parseCounts(fields, now)
	st.layout = nodeLayout
	return st
}

// parseModule reads a hash of the module layout: the same names, all strings.
func parseModule(fields map[string]string, now time.Time) status {
	st := parseCounts(fields, now)
	st.layout = moduleLayout
	files, _ := number(fields["total_file_count"])
	st.suspect = !st.damage.found() && !st.failed && files == 0
	return st
}

// flatten reads a JSON object into texts; what is neither number nor string
// counts as not there.
func flatten(raw string) (map[string]string, damage) {
	switch {
	case strings.TrimSpace(raw) == "":
		return nil, damage{reason: isEmpty}
	case len(raw) > maxStatus:
		return nil, damage{isTooLong, strconv.Itoa(maxStatus)}
	case !json.Valid([]byte(raw)):
		return nil, damage{reason: isNotJSON}
	}
	var object map[string]json.RawMessage
	if err := json.Unmarshal([]byte(raw), &object); err != nil || object == nil {
		return nil, damage{reason: isNoObject}
	}
	fields := make(map[string]string, len(object))
	for name, value := range object {
		fields[name] = scalar(value)
	}
	return fields, damage{}
}

func scalar(value json.RawMessage) string {
	var s string
	if json.Unmarshal(value, &s) == nil {
		return s
	}
	var n json.Number
	if json.Unmarshal(value, &n) == nil {
		return n.String()
	}
	return ""
}

// parseCounts reads the names that node and module layout share.
func parseCounts(fields map[string]string, now time.Time) status {
	start, bad := epoch(fields, "start")
	if bad.found() {
		return status{damage: bad}
	}
	end, bad := epoch(fields, "end")
	if bad.found() {
		return status{damage: bad}
	}
	if bad := plausible(start, end, now); bad.found() {
		return status{damage: bad}
	}
	st := status{start: start, end: end}
	if fields["errors"] == "" {
		st.damage = damage{reason: hasNoErrors}
		return st
	}
	counts := make(map[string]int64)
	for _, name := range []string{"errors", "total_file_count", "snapshots_count", "total_size"} {
		if counts[name], st.damage = count(fields, name); st.damage.found() {
			return st
		}
	}
	st.failed, st.size = counts["errors"] > 0, counts["total_size"]
	return st
}

// epoch reads a time in whole seconds since 1970.
func epoch(fields map[string]string, name string) (time.Time, damage) {
	if fields[name] == "" {
		return time.Time{}, damage{hasNoTime, name}
	}
	n, ok := number(fields[name])
	if !ok || n < firstSecond || n > lastSecond {
		return time.Time{}, damage{hasOddTime, name}
	}
	return time.Unix(n, 0).UTC(), damage{}
}

// plausible refuses times that no run can have.
func plausible(start, end, now time.Time) damage {
	switch {
	case end.Before(start):
		return damage{reason: endsFirst}
	case end.Sub(start) > maxRun:
		return damage{hasOddTime, "start"}
	case end.After(now.Add(maxAhead)):
		return damage{reason: endsAhead}
	}
	return damage{}
}

// count reads a number that cannot be negative; none is 0.
func count(fields map[string]string, name string) (int64, damage) {
	if fields[name] == "" {
		return 0, damage{}
	}
	n, ok := number(fields[name])
	if !ok {
		return 0, damage{hasNoNumber, name}
	}
	if n < 0 {
		return 0, damage{isNegative, name}
	}
	return n, damage{}
}

// number reads a whole number, also one that was written with a fraction of zero.
func number(s string) (int64, bool) {
	s = strings.TrimSpace(s)
	if n, err := strconv.ParseInt(s, 10, 64); err == nil {
		return n, true
	}
	const exact = 1 << 53 // beyond it a float64 skips whole numbers
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || f != math.Trunc(f) || math.Abs(f) > exact {
		return 0, false
	}
	return int64(f), true
}
