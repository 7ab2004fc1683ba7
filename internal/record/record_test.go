package record_test

import (
	"strings"
	"testing"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

func TestWhatIsWrittenIsReadBack(t *testing.T) {
	in := event.Incident{ID: "1", Key: "bellhop/local/backup/1", Told: []event.Audience{{Sink: "mail", Target: "a@example.org"}}}
	row, err := record.Encode(record.IncidentKey("1"), in)
	if err != nil {
		t.Fatal(err)
	}
	var out event.Incident
	if err := record.Decode(row, &out); err != nil || out.Key != in.Key || out.Told[0] != in.Told[0] {
		t.Errorf("got %+v, %v", out, err)
	}
}

func TestADamagedRowIsAnErrorThatNamesIt(t *testing.T) {
	var in event.Incident
	err := record.Decode(queue.Row{Key: "incident/7", Value: []byte("{")}, &in)
	if err == nil || !strings.Contains(err.Error(), "incident/7") {
		t.Errorf("got %v", err)
	}
	if _, err := record.ReadDelivery(queue.Job{ID: "d1", Payload: []byte("[]")}); err == nil || !strings.Contains(err.Error(), "d1") {
		t.Errorf("got %v", err)
	}
}

// Plan ids are a stranger's words: no two of them may share a row, and none may
// reach into the rows of another.
func TestNamesOfPlansDoNotMeet(t *testing.T) {
	refs := []event.PlanRef{{}, {ID: "1"}, {Name: "1"}, {ID: "1/2"}, {ID: "1"}, {ID: "1%2F2"}, {ID: "id:1"}, {Name: "../1"}, {ID: "ü\n"}}
	seen := make(map[string]event.PlanRef)
	for _, ref := range refs {
		for _, key := range []string{record.InboxID(ref), record.SignalPrefix(ref)} {
			if other, there := seen[key]; there && other != ref {
				t.Errorf("%+v and %+v share %q", ref, other, key)
			}
			seen[key] = ref
			if n := strings.Count(key, "/"); n > 2 {
				t.Errorf("%q reaches deeper", key)
			}
		}
	}
	plans := make(map[string]string)
	for _, plan := range []string{"1", "a/b", "a%2Fb", "%2F", "/", "ü x", ""} {
		key := record.PlanKey(plan)
		if other, there := plans[key]; there {
			t.Errorf("plans %q and %q share %q", plan, other, key)
		}
		plans[key] = plan
	}
}

func TestALaneTellsItsSink(t *testing.T) {
	if sink, ok := record.SinkOf(record.Lane("mail")); !ok || sink != "mail" {
		t.Errorf("got %q, %v", sink, ok)
	}
	lane := record.KeyLane("oncall", "key-0a1b2c3d")
	if sink, ok := record.SinkOf(lane); !ok || sink != "oncall" || lane != record.Lane("oncall")+"#0a1b2c3d" {
		t.Errorf("lane %q is that of %q, %v", lane, sink, ok)
	}
	if _, ok := record.SinkOf(record.Inbox); ok {
		t.Error("the inbox is no sink's")
	}
}
