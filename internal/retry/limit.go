package retry

import "time"

// Limit is the pace of R13: at most N in any window of Per, of which at most
// Burst at once. A zero N is no limit.
type Limit struct {
	N     int
	Per   time.Duration
	Burst int
}
