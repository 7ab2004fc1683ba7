package config_test

import (
	"strings"
	"testing"
	"time"
)

func TestANumberOfBytesHasAUnitOrNone(t *testing.T) {
	for text, want := range map[string]int64{
		"1GiB": 1 << 30, "20MiB": 20 << 20, "16384KiB": 16 << 20, "500MB": 500e6, "2GB": 2e9, "20000KB": 20e6,
		"33554432": 32 << 20, `"33554432"`: 32 << 20, "1 GiB": 1 << 30, "500mb": 500e6,
	} {
		c, _ := load(t, plainMail+"queue: {keep_bytes: "+text+"}\n")
		same(t, text, c.Queue.KeepBytes, want)
	}
	c, _ := load(t, plainMail, "BELLHOP_QUEUE__KEEP_BYTES=2GiB", "BELLHOP_RECEIVER__MAX_BODY_BYTES=1MiB")
	same(t, "from the environment", c.Queue.KeepBytes, int64(2<<30))
	same(t, "another one", c.Receiver.MaxBodyBytes, int64(1<<20))
	for _, text := range []string{"GiB", "1TiB", "0x10", "many", "1GiBB", "1,5GB", "-9223372036854775808KB"} {
		if said := refuse(t, plainMail+"queue: {keep_bytes: \""+text+"\"}\n"); !strings.Contains(said, "queue.keep_bytes") {
			t.Errorf("%s: %s", text, said)
		}
	}
}

// R12: a sink gives up when the queue does unless it names its own time, and is
// late after 15 minutes once there is a fallback to be told.
func TestR12GiveUpAndFallbackHaveDefaults(t *testing.T) {
	const slack = "sinks:\n  it:\n    type: slack\n    token: t\n"
	type when struct {
		giveUp, late time.Duration
		fallback     string
	}
	for text, want := range map[string]when{
		"":                         {giveUp: 24 * time.Hour},
		"    give_up_after: 2h\n":  {giveUp: 2 * time.Hour},
		"    fallback_after: 1m\n": {giveUp: 24 * time.Hour},
		"    fallback: mail\n":     {24 * time.Hour, 15 * time.Minute, "mail"},
		"    fallback: mail\n    fallback_after: 23h\n":     {24 * time.Hour, 23 * time.Hour, "mail"},
		"queue: {give_up_after: 3d}\n":                      {giveUp: 72 * time.Hour},
		"    give_up_after: 1h\nqueue: {give_up_after: 2h}": {giveUp: time.Hour},
	} {
		c, _ := load(t, plainMail+slack+text)
		s := sink(t, c, "it")
		same(t, text, when{s.GiveUp, s.FallbackAfter, s.Fallback}, want)
	}
}

func TestR6NobodyIsRemindedUnlessItIsAskedFor(t *testing.T) {
	c, _ := load(t, plainMail+"sinks:\n  it:\n    type: slack\n    token: t\n    remind: 24h\n")
	same(t, "mail", sink(t, c, "mail").Remind, time.Duration(0))
	same(t, "it", sink(t, c, "it").Remind, 24*time.Hour)
}
