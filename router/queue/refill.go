package queue

import (
	"context"
	"time"
)

// refill makes the limiter anew out of what was begun before a restart. It costs
// what was sent within the limit's window, whatever waits.
func (l *lane) refill(ctx context.Context) (*Limiter, error) {
	if l.Limit.N <= 0 {
		return NewLimiter(l.Limit, nil), nil
	}
	jobs, err := l.e.Jobs(ctx, JobQuery{Lane: l.Name, Since: l.o.Now().Add(-l.Limit.Per)})
	if err != nil {
		return nil, err
	}
	var sent []time.Time
	for _, j := range jobs {
		sent = append(sent, l.recent(j)...)
	}
	return NewLimiter(l.Limit, sent), nil
}

// recent lists the attempts of a job within the limit's window. They are told as
// distances from the present reading of the clock, so that setting the wall's
// clock later does not move them.
func (l *lane) recent(j Job) (sent []time.Time) {
	now, own := l.clock.Read()
	times := []time.Time{j.Begun}
	for _, a := range j.Attempts {
		times = append(times, a.At)
	}
	for _, at := range times {
		if ago := max(now.Sub(at), 0); !at.IsZero() && ago < l.Limit.Per {
			sent = append(sent, own.Add(-ago))
		}
	}
	return sent
}
