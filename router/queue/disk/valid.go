package disk

import (
	"fmt"
	"time"
	"unicode/utf8"

	"bellhop/router/queue"
)

// valid refuses what could never be stored, before it costs others anything.
func valid(s queue.Step) error {
	for _, j := range s.Put {
		if err := validJob(j); err != nil {
			return fmt.Errorf("put job %.40q: %w", j.ID, err)
		}
	}
	for _, row := range s.Set {
		if err := validLength("key", row.Key); err != nil {
			return fmt.Errorf("set row %.40q: %w", row.Key, err)
		}
	}
	for _, d := range s.Drop {
		if d.To != queue.Superseded && d.To != queue.Dead && d.To != queue.Dropped {
			return fmt.Errorf("drop job %.40q: %w: no job is dropped to become %q", d.ID, queue.ErrInvalid, d.To)
		}
	}
	for _, end := range s.Ends {
		if err := validEnd(end); err != nil {
			return fmt.Errorf("end job %.40q: %w", end.Lease.ID, err)
		}
	}
	return nil
}

func validJob(j queue.Job) error {
	if err := validName("id", j.ID); err != nil {
		return err
	}
	if err := validName("lane", j.Lane); err != nil {
		return err
	}
	if j.Key != "" {
		if err := validName("key", j.Key); err != nil {
			return err
		}
	}
	return validTime(j.Due)
}

func validEnd(end queue.End) error {
	if end.Verb < queue.Ack || end.Verb > queue.Pass {
		return fmt.Errorf("%w: there is no verb %d", queue.ErrInvalid, end.Verb)
	}
	if end.Attempt != nil {
		if err := validTime(end.Attempt.At); err != nil {
			return err
		}
	}
	return validTime(end.Due)
}

// validName is for what stands in a record, which is JSON.
func validName(what, name string) error {
	if !utf8.ValidString(name) {
		return fmt.Errorf("%w: its %s is not UTF-8", queue.ErrInvalid, what)
	}
	return validLength(what, name)
}

func validLength(what, name string) error {
	switch {
	case name == "":
		return fmt.Errorf("%w: it has no %s", queue.ErrInvalid, what)
	case len(name) > maxName:
		return fmt.Errorf("%w: its %s has %d bytes, at most %d can be stored", queue.ErrInvalid, what, len(name), maxName)
	}
	return nil
}

// validTime refuses years and zones that RFC 3339, and with it JSON, cannot write.
func validTime(t time.Time) error {
	if y := t.Year(); y < 0 || y > 9999 {
		return fmt.Errorf("%w: the year %d cannot be stored", queue.ErrInvalid, y)
	}
	if _, off := t.Zone(); off <= -24*60*60 || off >= 24*60*60 {
		return fmt.Errorf("%w: a time zone %d s from UTC cannot be stored", queue.ErrInvalid, off)
	}
	return nil
}
