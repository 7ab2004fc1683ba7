package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/secret"
)

// PollSource is the name under which the signals travel that were polled for.
const PollSource = "poll"

const (
	// pollTime bounds a poll.
	pollTime = 20 * time.Second
	// maxPoll is how much of an answer is read, in bytes.
	maxPoll = 64 << 20
	// unpolled is how often a poller looks whether it was given a URL.
	unpolled = 10 * time.Second
	// atOnce is how many signals are kept in one step.
	atOnce = 500
)

// Notebook keeps a poller's notes over a restart. What was never saved is nil.
type Notebook interface {
	Load(ctx context.Context) ([]byte, error)
	Save(ctx context.Context, notes []byte) error
}

// PollDeps is what a poller needs of the world. All of it is needed.
type PollDeps struct {
	Config   func() Config // the one in force
	Client   *http.Client
	Accept   Accept
	Observer Observer
	Notebook Notebook
	Heard    func(ss []event.Signal) // is told of what was kept
	Now      func() time.Time
	Log      *slog.Logger
}

// Poller asks an Alertmanager for its alerts, where it cannot be told to post them,
// and makes the same signals of them that its webhook would bring (R19).
//
// The promise: what fires is accepted once, and again every three hours while it
// fires; what has vanished is accepted as resolved, over a restart, too. Alertmanager
// being away or just started says nothing of its alerts. When signals cannot be kept
// they are brought again at the next poll.
type Poller struct {
	PollDeps
	seen   *sightings
	failed bool // the last poll did, and the log knows
}

// NewPoller makes a poller; nothing is asked before [Poller.Run].
func NewPoller(d PollDeps) *Poller { return &Poller{PollDeps: d} }

// Run polls until ctx ends.
func (p *Poller) Run(ctx context.Context) {
	for {
		cfg := p.Config()
		pause := unpolled
		if cfg.Poll.URL != "" {
			pause = cfg.Poll.Interval
			p.say(ctx, cfg, p.Poll(ctx, cfg))
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return
		}
	}
}

// say tells the log when polls begin to fail and when they succeed again.
func (p *Poller) say(ctx context.Context, cfg Config, err error) {
	switch {
	case ctx.Err() != nil:
	case err != nil:
		p.Observer.Received(PollSource, ResultRefused, 1)
		if !p.failed {
			p.Log.Error("Alertmanager cannot be polled; it is asked again and again", "every", cfg.Poll.Interval, "err", secret.Redact(err.Error()))
		}
		p.failed = true
	case p.failed:
		p.Log.Info("Alertmanager can be polled again")
		p.failed = false
	}
}

// Poll asks once and brings what is news. It is not for use at the same time as Run.
func (p *Poller) Poll(ctx context.Context, cfg Config) error {
	ctx, cancel := context.WithTimeout(ctx, pollTime)
	defer cancel()
	if p.seen == nil {
		notes, err := p.Notebook.Load(ctx)
		if err != nil {
			return fmt.Errorf("read what was polled before: %w", err)
		}
		p.seen = readSightings(notes, p.Log)
	}
	p.seen.turnTo(cfg.Poll.URL)
	up, err := p.uptime(ctx, cfg)
	if err != nil {
		return err
	}
	answer, err := p.alerts(ctx, cfg)
	if err != nil {
		return err
	}
	return p.bring(ctx, p.seen.compare(answer, p.Now(), up >= proven))
}

// bring has the news kept, and then notes what was.
func (p *Poller) bring(ctx context.Context, news []event.Signal) error {
	for len(news) > 0 {
		some := news[:min(len(news), atOnce)]
		news = news[len(some):]
		began := p.Now()
		_, err := p.Accept(ctx, some)
		p.Observer.Took(p.Now().Sub(began))
		if err != nil {
			p.Observer.Received(PollSource, ResultUnkept, len(some))
			return fmt.Errorf("keep %d alerts: %w", len(some), err)
		}
		p.Observer.Received(PollSource, ResultAccepted, len(some))
		p.Heard(some)
		p.seen.note(some, p.Now())
	}
	notes, changed, err := p.seen.notes()
	if err != nil || !changed {
		return err
	}
	if err := p.Notebook.Save(ctx, notes); err != nil {
		return fmt.Errorf("note what was polled: %w", err)
	}
	p.seen.saved()
	return nil
}

// uptime is for how long Alertmanager has run.
func (p *Poller) uptime(ctx context.Context, cfg Config) (time.Duration, error) {
	var status struct {
		Uptime time.Time `json:"uptime"` // when it started
	}
	err := p.ask(ctx, cfg, "/api/v2/status", func(d *json.Decoder) error { return d.Decode(&status) })
	return p.Now().Sub(status.Uptime), err
}

// alerts lists the alerts that concern bellhop, or did, suppressed ones included. One that
// cannot be read makes the whole answer unreadable: it must not seem to have vanished.
func (p *Poller) alerts(ctx context.Context, cfg Config) ([]sighting, error) {
	var all []sighting
	err := p.ask(ctx, cfg, "/api/v2/alerts?active=true&silenced=true&inhibited=true&unprocessed=true", func(d *json.Decoder) error {
		if open, err := d.Token(); err != nil || open != json.Delim('[') {
			return errors.Join(errors.New("it is not a list"), err)
		}
		for d.More() {
			var a polled
			if err := d.Decode(&a); err != nil {
				return err
			}
			if s := a.sighting(cfg); !s.other || p.seen.watches(s) {
				all = append(all, s)
			}
		}
		_, err := d.Token()
		return err
	})
	return all, err
}

// ask reads one answer of Alertmanager's API.
func (p *Poller) ask(ctx context.Context, cfg Config, path string, read func(*json.Decoder) error) error {
	target := strings.TrimRight(cfg.Poll.URL, "/") + path
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, target, nil)
	if err != nil {
		return fmt.Errorf("ask Alertmanager: %w", err)
	}
	resp, err := p.Client.Do(req)
	if err != nil {
		return fmt.Errorf("ask Alertmanager: %w (see whether it runs and receiver.poll.url is right)", err)
	}
	defer func() { _ = resp.Body.Close() }()
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("ask Alertmanager: GET %s answers %s (see whether receiver.poll.url is the base of an Alertmanager)", target, resp.Status)
	}
	body := http.MaxBytesReader(nil, resp.Body, maxPoll)
	if err := read(json.NewDecoder(body)); err != nil {
		return fmt.Errorf("read the answer of Alertmanager to GET %s: %w", target, err)
	}
	_, _ = io.Copy(io.Discard, body) // so that the connection can be used again
	return nil
}

// polled is an alert as Alertmanager's API shows it
// (https://github.com/prometheus/alertmanager/blob/main/api/v2/openapi.yaml, gettableAlert).
type polled struct {
	alert
	Status struct {
		State string `json:"state"`
	} `json:"status"`
}

// active is the state of an alert that is told to people. Others are silenced, or
// inhibited, or were not looked at yet.
const active = "active"

// sighting is what was seen of an alert.
func (p polled) sighting(cfg Config) sighting {
	a := p.alert
	a.Status, a.EndsAt = event.Firing, "" // when it would end if nothing more were heard
	signal, ok := a.signal(cfg)
	if !ok {
		return sighting{other: true, signal: event.Signal{Alert: event.Alert{Fingerprint: a.fingerprint()}}}
	}
	signal.Source = PollSource
	return sighting{signal: signal, active: p.Status.State == active}
}
