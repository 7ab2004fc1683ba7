package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/retry"
)

const howLong = "give 30s, 2h, 1d or a number of seconds"

func (d *decoder) duration(key string, v any, to *time.Duration) {
	var long time.Duration
	var ok bool
	switch v := v.(type) {
	case string:
		long, ok = parseDuration(v)
	case text:
		long, ok = parseDuration(string(v))
	case int:
		long, ok = seconds(float64(v))
	case float64:
		long, ok = seconds(v)
	default:
		d.wrong(key, v, strings.TrimPrefix(howLong, "give "))
		return
	}
	if !ok {
		d.fault(key, fmt.Sprintf("%v is no duration", quoted(v)), howLong)
		return
	}
	*to = long
}

func quoted(v any) any {
	if s, ok := textOf(v); ok {
		return strconv.Quote(s)
	}
	return v
}

// parseDuration knows days, too, and seconds without a unit. Nothing here may
// be shorter than nothing.
func parseDuration(s string) (time.Duration, bool) {
	if n, err := strconv.ParseFloat(s, 64); err == nil {
		return seconds(n)
	}
	var whole time.Duration
	if days, rest, found := strings.Cut(s, "d"); found {
		n, err := strconv.Atoi(days)
		long, ok := seconds(float64(n) * 24 * 3600)
		if err != nil || !ok {
			return 0, false
		}
		if whole, s = long, rest; s == "" {
			return whole, true
		}
	}
	part, err := time.ParseDuration(s)
	if err != nil || part < 0 || whole+part < 0 {
		return 0, false
	}
	return whole + part, true
}

func seconds(n float64) (time.Duration, bool) {
	long := n * float64(time.Second)
	if math.IsNaN(long) || long < 0 || long >= math.MaxInt64 {
		return 0, false
	}
	return time.Duration(long), true
}

// longestWindow is how far back sends are counted over a restart.
const longestWindow = 24 * time.Hour

// rate reads COUNT/DURATION.
func (d *decoder) rate(key string, v any, to *retry.Limit) {
	s, ok := textOf(v)
	if !ok {
		d.wrong(key, v, "a rate such as 60/1m")
		return
	}
	count, per, _ := strings.Cut(s, "/")
	n, err := strconv.Atoi(count)
	window, ok := parseDuration(per)
	if err != nil || n < 1 || !ok || window <= 0 {
		d.fault(key, fmt.Sprintf("%q is no rate", s), "give COUNT/DURATION, such as 60/1m")
		return
	}
	if window > longestWindow {
		d.fault(key, fmt.Sprintf("%q counts over more than a day", s), "give a DURATION of at most 24h")
		return
	}
	to.N, to.Per = n, window
}
