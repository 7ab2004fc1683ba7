// Package webhook posts an event as JSON to any web server.
//
// The promise: any 2xx is a receipt and nothing else is. A retry is recognisable:
// it bears the same [DeliveryHeader], once more as Idempotency-Key for those who look
// there. With a key, each request is signed, see [Sign]. The address, the headers' values and the
// credentials are secrets; they go to the host in the address and to no other, so
// a redirect is an error that says where it points to. An answer is read up to a
// bound and quoted without secrets. A template that makes something else than
// JSON costs its wording: the event itself is sent instead, and the log says so.
package webhook

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/wire"
)

const bodyPart = "webhook.body"

// DeliveryHeader names the header that bears the delivery's id: the same at
// every try of a message, another for every other message.
const DeliveryHeader = "X-Bellhop-Delivery"

// idempotencyHeader bears the same id, under the name that gateways and frameworks know.
const idempotencyHeader = "Idempotency-Key"

// Kind describes the kind "webhook".
func Kind() sinks.Kind {
	return sinks.Kind{
		Name:     "webhook",
		Parts:    []string{bodyPart},
		Limit:    retry.Limit{N: 10, Per: time.Second, Burst: 10},
		Timeout:  30 * time.Second,
		Settings: func() any { c := DefaultConfig(); return &c },
		Validate: func(settings any) []fault.Fault { return settings.(*Config).Validate() },
		New: func(_ string, settings any, d sinks.Deps) (sinks.Sink, error) {
			return New(*settings.(*Config), d)
		},
		Supersede: sinks.KeepOpenEnd,
		Calm:      true,
	}
}

// Sink is one address.
type Sink struct {
	conf   Config
	host   string
	log    *slog.Logger
	now    func() time.Time
	caller *wire.Caller
}

var _ sinks.Sink = (*Sink)(nil)

// New builds the sink of settings that were found valid.
func New(c Config, d sinks.Deps) (*Sink, error) {
	if fs := c.Validate(); len(fs) > 0 {
		return nil, fmt.Errorf("build webhook sink: %s %s; %s", fs[0].Key, fs[0].Text, fs[0].Remedy)
	}
	address, err := url.Parse(c.URL.Reveal())
	if err != nil {
		return nil, errors.New("build webhook sink: url cannot be read") // the parser quotes it
	}
	return &Sink{
		conf:   c,
		host:   address.Host,
		log:    d.Log,
		now:    d.Now,
		caller: wire.NewCaller(d.Client, d.Version, c.secrets(address)...),
	}, nil
}

// Targets names the host of the address, which is all of it that may be shown.
func (s *Sink) Targets() []string { return []string{s.host} }

// Send posts m.
func (s *Sink) Send(ctx context.Context, m sinks.Message) (sinks.Receipt, error) {
	req, err := s.request(ctx, m)
	if err != nil {
		return sinks.Receipt{}, fmt.Errorf("make request for webhook %s: %w", s.host, err)
	}
	call := s.caller.Call()
	_, err = call.Do(req)
	if err == nil {
		err = s.verdict(call)
	}
	if err != nil {
		err = fmt.Errorf("post to webhook %s: %w", s.host, err)
	}
	return sinks.Receipt{Status: call.Answer()}, err
}

func (s *Sink) request(ctx context.Context, m sinks.Message) (*http.Request, error) {
	body, err := s.body(m)
	if err != nil {
		return nil, retry.Permanent(err)
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, s.conf.URL.Reveal(), strings.NewReader(body))
	if err != nil {
		return nil, retry.Refused(retry.Broken(errors.New("url cannot be read"))) // the parser quotes it
	}
	req.Header.Set("Content-Type", "application/json")
	for name, value := range s.conf.Headers {
		req.Header.Set(name, value.Reveal())
	}
	req.Header.Set(DeliveryHeader, m.ID)
	req.Header.Set(idempotencyHeader, m.ID)
	s.sign(req, m.ID, body)
	if s.conf.Username != "" {
		req.SetBasicAuth(s.conf.Username, s.conf.Password.Reveal())
	}
	if !s.conf.BearerToken.Empty() {
		req.Header.Set("Authorization", "Bearer "+s.conf.BearerToken.Reveal())
	}
	return req, nil
}

// body is the rendered part, or the event where that is no JSON.
func (s *Sink) body(m sinks.Message) (string, error) {
	text := m.Text[bodyPart]
	if json.Valid([]byte(text)) {
		return text, nil
	}
	s.log.Warn("the template webhook.body made no JSON, sending the event as it is",
		"sink_host", s.host, "delivery", m.ID, "event", m.Event.ID)
	b, err := json.Marshal(m.Event)
	return string(b), err
}
