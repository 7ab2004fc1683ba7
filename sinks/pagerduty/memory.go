package pagerduty

import (
	"encoding/json"
	"fmt"

	"bellhop/internal/retry"
)

// memory is what the sink remembers of an incident: the routing key, by its
// target's name, that took the last event of it.
type memory struct {
	Key string `json:"key"`
}

func (s *Sink) remember() []byte {
	b, err := json.Marshal(memory{Key: s.target})
	if err != nil {
		return nil // does not happen: a struct of one string
	}
	return b
}

// reachable refuses a resolve whose alert was opened through another routing
// key: PagerDuty would answer 202 and drop it. A memory that is not there or
// cannot be read is no reason to keep a resolve back.
func (s *Sink) reachable(b []byte) error {
	var m memory
	if json.Unmarshal(b, &m) != nil || m.Key == "" || m.Key == s.target {
		return nil
	}
	return retry.Permanent(fmt.Errorf(
		"resolve at PagerDuty: the alert was opened through routing key %s and the sink now has %s, through which it cannot be resolved; resolve it by hand",
		m.Key, s.target))
}
