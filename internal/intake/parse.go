package intake

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"bellhop/internal/event"
)

// Batch is what one body held.
type Batch struct {
	Signals    []event.Signal // in the order of the body
	Accepted   int            // alerts that became a signal
	Ignored    int            // the others, unreadable ones included
	Unreadable int            // those of Ignored that have a field of the wrong type
	// Truncated is how many alerts the sender left out of the body.
	Truncated int64
}

// Parse reads an Alertmanager webhook (version 4, https://prometheus.io/docs/alerting/latest/configuration/#webhook_config)
// of which the list "alerts" alone has to be there, so that the fields of newer
// versions and the bare list of older senders are as good. The error says what is
// wrong with the body as a whole: it is not JSON, or not one alert in it could be read.
func Parse(body []byte, cfg Config) (Batch, error) {
	if doc, ok := quick(body); ok {
		var b Batch
		for _, a := range doc.Alerts {
			b.count(a, cfg)
		}
		b.end(doc.told, doc.Truncated)
		return b, nil
	}
	return careful(body, cfg)
}

// careful reads any body.
func careful(body []byte, cfg Config) (Batch, error) {
	list, rest, err := alertList(body)
	if err != nil {
		return Batch{}, err
	}
	var b Batch
	var first error // why the first unreadable alert is so
	// One by one, so that a long list of what does not concern us takes no memory.
	d := json.NewDecoder(bytes.NewReader(list))
	if _, err := d.Token(); err != nil {
		return Batch{}, fmt.Errorf("read the list alerts: %w", err)
	}
	for d.More() {
		var raw json.RawMessage
		if err := d.Decode(&raw); err != nil {
			return Batch{}, fmt.Errorf("read the list alerts: %w", err)
		}
		if err := b.add(raw, cfg); err != nil && first == nil {
			first = fmt.Errorf("alert %d: %w", b.Accepted+b.Ignored, err)
		}
	}
	if n := b.Accepted + b.Ignored; n == b.Unreadable {
		return Batch{}, nothing(n, first)
	}
	b.end(rest.told(), int64(rest.Truncated))
	return b, nil
}

// leftOut adds what stands for the alerts that the sender has left out. Without one of
// ours beside them there is no sign that they speak of backups.
func (b *Batch) leftOut(n int64) {
	b.Truncated = max(n, 0)
	if n > 0 && b.Accepted > 0 {
		b.Signals = append(b.Signals, event.Signal{Source: Source, Cut: true})
	}
}

// add counts one alert; the error says why it could not be read.
func (b *Batch) add(raw []byte, cfg Config) error {
	a, err := readAlert(raw)
	if err != nil {
		b.Ignored++
		b.Unreadable++
		return err
	}
	b.count(a, cfg)
	return nil
}

// count counts an alert that could be read.
func (b *Batch) count(a alert, cfg Config) {
	s, wanted := a.signal(cfg)
	if !wanted {
		b.Ignored++
		return
	}
	b.Accepted++
	b.Signals = append(b.Signals, s)
}

// alertList returns the list "alerts" of the body, as JSON, and what stands beside it.
func alertList(body []byte) (list []byte, rest beside, err error) {
	body = bytes.Trim(body, " \t\r\n")
	if len(body) == 0 {
		return nil, rest, errors.New("the body is empty: send an Alertmanager webhook")
	}
	var doc struct {
		beside
		Alerts json.RawMessage `json:"alerts"`
	}
	err = json.Unmarshal(body, &doc)
	var syntax *json.SyntaxError
	if errors.As(err, &syntax) {
		return nil, rest, fmt.Errorf("the body is not JSON, at byte %d: %w", syntax.Offset, err)
	}
	if err != nil || body[0] != '{' { // null fits everywhere
		return nil, rest, errors.New(`the body is not a JSON object: send an Alertmanager webhook, {"alerts":[…]}`)
	}
	switch {
	case len(doc.Alerts) == 0:
		return nil, rest, errors.New(`the body has no list "alerts": send an Alertmanager webhook, {"alerts":[…]}`)
	case doc.Alerts[0] != '[':
		return nil, rest, errors.New(`"alerts" is not a list: send an Alertmanager webhook, {"alerts":[…]}`)
	}
	return doc.Alerts, doc.beside, nil
}

// nothing says that none of n alerts could be read, and why the first could not.
func nothing(n int, first error) error {
	if n == 0 {
		return errors.New(`the list "alerts" is empty`)
	}
	return fmt.Errorf("none of the %d alerts in the body could be read: %w", n, first)
}
