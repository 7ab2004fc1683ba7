package pagerduty_test

import (
	"fmt"
	"strings"
	"testing"
)

func TestConfigFaults(t *testing.T) {
	const usual = "https://events.pagerduty.com"
	for name, c := range map[string]struct {
		url  string
		keys []string
		key  string // of the fault; empty: none
		says string
	}{
		"good":         {url: usual, keys: []string{key}},
		"for tests":    {url: "http://127.0.0.1:8080", keys: []string{key}},
		"no key":       {url: usual, key: "routing_keys", says: "is empty"},
		"blank key":    {url: usual, keys: []string{""}, key: "routing_keys.0", says: "is empty"},
		"line break":   {url: usual, keys: []string{key + "\n"}, key: "routing_keys.0", says: "white space"},
		"two keys":     {url: usual, keys: []string{key, other}},
		"second blank": {url: usual, keys: []string{key, ""}, key: "routing_keys.1", says: "is empty"},
		"same twice":   {url: usual, keys: []string{other, key, key}, key: "routing_keys.2", says: "the same key as routing_keys.1"},
		"no url":       {keys: []string{key}, key: "url", says: "address"},
		"another wire": {url: "ftp://events.pagerduty.com", keys: []string{key}, key: "url", says: "address"},
		"login in url": {url: "https://user:hunter2@proxy.example.org", keys: []string{key}, key: "url", says: "would be shown"},
		"query in url": {url: usual + "?a=b", keys: []string{key}, key: "url", says: "after its path"},
	} {
		t.Run(name, func(t *testing.T) {
			faults := config(c.url, c.keys...).Validate()
			if c.key == "" && len(faults) == 0 {
				return
			}
			text := fmt.Sprint(faults)
			if len(faults) != 1 || faults[0].Key != c.key || !strings.Contains(text, c.says) {
				t.Fatalf("faults %+v, want one of %q saying %q", faults, c.key, c.says)
			}
			if strings.Contains(text, "hunter2") || strings.Contains(text, key) {
				t.Errorf("the fault holds a secret: %s", text)
			}
		})
	}
}
