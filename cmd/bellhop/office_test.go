package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"bellhop/internal/admin"
	"bellhop/internal/event"
	"bellhop/internal/intake"
	"bellhop/internal/record"
	"bellhop/router/queue"
	"bellhop/router/queue/disk"
)

// office is a queue, and what serves the commands over a socket, in this process.
// What a retry makes of a delivery is the pipeline's to know; here it is the same
// payload once more.
type office struct {
	t      *testing.T
	engine *disk.Engine
	folder string
	file   string // a configuration that names it
}

var _ admin.Actions = (*office)(nil)

func newOffice(t *testing.T) *office {
	t.Helper()
	o := &office{t: t, folder: t.TempDir()}
	o.file = filepath.Join(o.folder, "config.yml")
	settings := fmt.Sprintf("receiver: {port: 1}\nqueue: {path: %q}\nmail: {from: a@example.org, to: [b@example.org]}\n", o.folder)
	if err := os.WriteFile(o.file, []byte(settings), 0o600); err != nil {
		t.Fatal(err)
	}
	engine, err := disk.Open(o.folder, disk.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	o.engine = engine
	t.Cleanup(func() { _ = engine.Close() })
	return o
}

// open serves until the test ends.
func (o *office) open() {
	o.t.Helper()
	ln, err := net.Listen("unix", admin.SocketPath(o.folder))
	if err != nil {
		o.t.Fatal(err)
	}
	handler := admin.NewHandler(admin.Deps{
		Engine: o.engine, Lanes: o.engine.Lanes, Gates: func() []queue.Gate { return nil }, Sinks: func() []admin.Sink { return nil },
		Actions: o, Ready: func(context.Context) error { return nil }, Metrics: http.NotFoundHandler(), Now: time.Now,
		Log: slog.New(slog.DiscardHandler),
	})
	ctx, cancel := context.WithCancel(context.Background())
	ended := make(chan error, 1)
	go func() { ended <- intake.Serve(ctx, ln, handler, slog.New(slog.DiscardHandler)) }()
	o.t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			o.t.Error(err)
		}
	})
}

func (o *office) do(s queue.Step) {
	o.t.Helper()
	if err := o.engine.Do(context.Background(), s); err != nil {
		o.t.Fatal(err)
	}
}

// put puts a delivery that waits, and the event it tells of.
func (o *office) put(id, sink, target string) {
	o.t.Helper()
	payload, err := json.Marshal(record.Delivery{Event: "E1", Incident: "I1", Sink: sink, Target: target, As: event.StatusOpen})
	if err != nil {
		o.t.Fatal(err)
	}
	row, err := record.Encode(record.EventKey("E1"), event.Event{ID: "E1", Plan: event.Plan{ID: "1", Name: "Nightly"}})
	if err != nil {
		o.t.Fatal(err)
	}
	o.do(queue.Step{
		Set: []queue.Row{row},
		Put: []queue.Job{{ID: id, Lane: record.Lane(sink), Key: id, Due: time.Now(), Keep: true, Payload: payload}},
	})
}

// end ends a delivery that waits.
func (o *office) end(sink string, verb queue.Verb, a queue.Attempt) {
	o.t.Helper()
	leases, err := o.engine.Lease(context.Background(), record.Lane(sink), 1)
	if err != nil || len(leases) != 1 {
		o.t.Fatal(leases, err)
	}
	o.do(queue.Step{Ends: []queue.End{{Lease: leases[0], Verb: verb, Attempt: &a}}})
}

func (o *office) find(ctx context.Context, id string) (queue.Job, error) {
	jobs, err := o.engine.Jobs(ctx, queue.JobQuery{ID: id, Limit: 1})
	switch {
	case err != nil:
		return queue.Job{}, err
	case len(jobs) == 0:
		return queue.Job{}, record.ErrUnknown
	case jobs[0].State != queue.Dead:
		return queue.Job{}, fmt.Errorf("it is %s: %w", jobs[0].State, record.ErrRefused)
	}
	return jobs[0], nil
}

func (o *office) Retry(ctx context.Context, id string) (string, error) {
	j, err := o.find(ctx, id)
	if err != nil {
		return "", err
	}
	again := queue.Job{ID: id + "-again", Lane: j.Lane, Key: j.Key, Due: time.Now(), Keep: true, Payload: j.Payload}
	return again.ID, o.engine.Do(ctx, queue.Step{
		Drop: []queue.Drop{{ID: id, To: queue.Dropped, Reason: "sent again as " + again.ID}}, Put: []queue.Job{again},
	})
}

func (o *office) Drop(ctx context.Context, id string) error {
	if _, err := o.find(ctx, id); err != nil {
		return err
	}
	err := o.engine.Do(ctx, queue.Step{Drop: []queue.Drop{{ID: id, To: queue.Dropped, Reason: "let go by hand"}}})
	if errors.Is(err, queue.ErrChanged) {
		return record.ErrRefused
	}
	return err
}
