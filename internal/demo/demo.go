// Package demo tells the story of one failed backup on this machine, without
// NethServer: the real bellhop runs, with a recorded state in the place of the
// cluster's Redis, a script in the place of runagent, and local servers that
// behave like PagerDuty and Slack.
//
// The promise: nothing is said to anybody outside this machine, nothing is left
// behind, and what the story shows is what the far ends received. When a delivery
// does not arrive in time, Run returns an error that says which.
package demo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"

	"bellhop/config"
	"bellhop/internal/app"
	"bellhop/internal/farend"
	"bellhop/sinks"
	"bellhop/templates"
)

const (
	routingKey = "d3m0d3m0d3m0d3m0d3m0d3m0d3m0d3m0"
	slackToken = "xoxb-demo"
	channel    = "#backups"
)

// Options is what a demo is made of.
type Options struct {
	Out     io.Writer
	Now     func() time.Time
	Kinds   []sinks.Kind
	Version string
	// Once ends the demo when every sink has answered; else it goes on serving
	// until the context ends.
	Once bool
}

// Run tells the story.
func Run(ctx context.Context, o Options) error {
	dir, err := os.MkdirTemp("", "bellhop-demo-")
	if err != nil {
		return fmt.Errorf("make a folder for the demo: %w", err)
	}
	defer func() { _ = os.RemoveAll(dir) }()
	s, err := newStage(o, dir)
	if err != nil {
		return err
	}
	defer s.close()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan error, 1)
	go func() { ended <- s.app.Run(ctx) }()
	told := s.tell(ctx)
	if told == nil && !o.Once {
		s.say("It goes on serving at %s until you press Ctrl-C.", s.url(""))
		<-ctx.Done()
	}
	cancel()
	return errors.Join(told, <-ended)
}

// stage is everything that the story needs.
type stage struct {
	o     Options
	dir   string
	state *state
	pager *farend.PagerDuty
	chat  *farend.Slack
	words *templates.Set
	app   *app.App
	shut  []func() error
}

func newStage(o Options, dir string) (*stage, error) {
	s := &stage{
		o: o, dir: dir, state: &state{},
		pager: farend.NewPagerDuty(o.Now, routingKey),
		chat:  farend.NewSlack(o.Now, slackToken, channel),
	}
	err := s.build()
	if err != nil {
		s.close()
		return nil, err
	}
	return s, nil
}

func (s *stage) build() error {
	pager, err := s.serve(s.pager)
	if err != nil {
		return err
	}
	chat, err := s.serve(s.chat)
	if err != nil {
		return err
	}
	if err := writeRunagent(s.dir, s.o.Now()); err != nil {
		return err
	}
	file := filepath.Join(s.dir, "config.yml")
	if err := os.WriteFile(file, []byte(settings(s.dir, pager, chat)), 0o600); err != nil {
		return fmt.Errorf("write the demo's configuration: %w", err)
	}
	c, _, err := config.Load(file, nil, s.o.Kinds)
	if err != nil {
		return err
	}
	if s.words, err = templates.Load(c.Templates, "", s.o.Now); err != nil {
		return err
	}
	s.app, err = app.New(app.Options{
		Config: c, Version: s.o.Version, Now: s.o.Now, Log: slog.New(slog.DiscardHandler), State: s.state,
	})
	return err
}

// serve starts a stand-in on a free port of this machine and returns its URL.
func (s *stage) serve(h http.Handler) (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("start a stand-in: %w", err)
	}
	server := &http.Server{Handler: h, ReadHeaderTimeout: 5 * time.Second}
	go func() { _ = server.Serve(ln) }() // ends with ErrServerClosed at close
	s.shut = append(s.shut, server.Close)
	return "http://" + ln.Addr().String(), nil
}

func (s *stage) close() {
	for _, shut := range s.shut {
		_ = shut()
	}
}

func (s *stage) url(path string) string { return "http://" + s.app.Addr().String() + path }

// settings is the configuration of the demo; everybody hears everything.
func settings(dir, pager, chat string) string {
	runagent := "/bin/sh, " + filepath.Join(dir, "runagent")
	return fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 1}
repo_check:
  command: [%[1]s, restic-wrapper, --module, "{{.Module}}", --backup, "{{.Plan}}"]
queue: {path: %[2]s}
templates: {timezone: UTC}
sinks:
  mail:
    type: ns8-sendmail
    command: [%[1]s, ns8-sendmail]
    from: backup@example.org
    to: [admin@example.org]
  oncall: {type: pagerduty, routing_keys: [%[3]s], url: %[4]q, verify: false}
  chat: {type: slack, token: %[5]s, channel: %[6]q, url: %[7]q}
`, runagent, filepath.Join(dir, "queue"), routingKey, pager, slackToken, channel, chat+"/api/")
}
