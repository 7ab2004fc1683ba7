package redistest_test

import (
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"bellhop/correlate/redistest"
)

func TestDefaultMayReadAndNothingElse(t *testing.T) {
	s := redistest.Start(t)
	s.Load("SET cluster/uuid u\nHSET node/1/vpn a b\nSADD module/m1/backups 1\nSET private/x secret", time.Now())
	c := redis.NewClient(&redis.Options{Addr: s.Addr, Username: "default", Password: "nopass", DisableIdentity: true, Protocol: 2})
	defer func() { _ = c.Close() }()
	for _, line := range []string{
		"GET cluster/uuid", "HGETALL node/1/vpn", "SMEMBERS module/m1/backups", "SCAN 0", "SELECT 0", "CLIENT SETNAME x", "HELLO 2",
	} {
		if err := do(t, c, line); err != nil {
			t.Errorf("%s: %v", line, err)
		}
	}
	for _, line := range []string{
		"GET private/x", "TYPE private/x", "SET cluster/uuid v", "DEL cluster/uuid", "MULTI", "INFO", "ROLE", "TIME",
		"CONFIG GET *", "PUBLISH c m", "CLIENT LIST", "EVAL 1 0", "PUBSUB CHANNELS", "MONITOR",
	} {
		if err := do(t, c, line); err == nil || !strings.HasPrefix(err.Error(), "NOPERM") {
			t.Errorf("%s: %v", line, err)
		}
	}
}

func TestWhatWasLoadedOutlivesAKill(t *testing.T) {
	s := redistest.Start(t)
	s.Load("SET cluster/uuid u", time.Now())
	s.Stop()
	s.Stop()
	if err := s.Admin.Ping(t.Context()).Err(); err == nil {
		t.Fatal("a stopped server answers")
	}
	s.Restart()
	if v, err := s.Admin.Get(t.Context(), "cluster/uuid").Result(); v != "u" || err != nil {
		t.Errorf("got %q, %v", v, err)
	}
}

func do(t *testing.T, c *redis.Client, line string) error {
	t.Helper()
	var args []any
	for _, word := range strings.Fields(line) {
		args = append(args, word)
	}
	return c.Do(t.Context(), args...).Err()
}
