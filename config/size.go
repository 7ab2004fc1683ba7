package config

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

const howMany = "give 1GiB, 500MB or a number of bytes"

// units are what a number of bytes may be given in.
func units() map[string]int64 {
	return map[string]int64{
		"":    1,
		"kib": 1 << 10, "mib": 1 << 20, "gib": 1 << 30,
		"kb": 1e3, "mb": 1e6, "gb": 1e9,
	}
}

// size reads a number of bytes, with or without a unit. An int64 among the
// settings is always such a number.
func (d *decoder) size(key string, v any, to *int64) {
	if n, ok := v.(int); ok {
		*to = int64(n)
		return
	}
	s, ok := textOf(v)
	if !ok {
		d.wrong(key, v, strings.TrimPrefix(howMany, "give "))
		return
	}
	if *to, ok = parseSize(s); !ok {
		d.fault(key, fmt.Sprintf("%q is no number of bytes", s), howMany)
	}
}

// parseSize takes whole numbers only; whether so many make sense is the room's to say.
func parseSize(s string) (int64, bool) {
	digits := strings.TrimRight(s, "KMGikmgBb ")
	unit, known := units()[strings.ToLower(strings.TrimSpace(s[len(digits):]))]
	n, err := strconv.ParseInt(digits, 10, 64)
	if err != nil || !known || n > math.MaxInt64/unit || n < math.MinInt64/unit {
		return 0, false
	}
	return n * unit, true
}
