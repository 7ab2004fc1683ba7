package pagerduty

import "encoding/json"

// memory is what the sink remembers of an incident: the routing key, by its
// target's name, that took the last event of it.
type memory struct {
	Key string `json:"key"`
}

func remember(target string) []byte {
	b, err := json.Marshal(memory{Key: target})
	if err != nil {
		return nil // does not happen: a struct of one string
	}
	return b
}
