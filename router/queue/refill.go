package queue

import (
	"context"
	"time"
)

// refillPage is how many jobs of the log are read at once.
const refillPage = 500

// refill makes the limiter anew out of what went out before a restart. N sends
// suffice: a lane that kept its pace has no more of them in a window.
func (l *lane) refill(ctx context.Context) (*Limiter, error) {
	var sent []time.Time
	q := JobQuery{Lane: l.Name, Limit: refillPage}
	for l.Limit.N > 0 && len(sent) < l.Limit.N {
		jobs, err := l.e.Jobs(ctx, q)
		if err != nil {
			return nil, err
		}
		for _, j := range jobs {
			sent = append(sent, l.recent(j)...)
		}
		if len(jobs) < refillPage {
			break
		}
		q.After = jobs[len(jobs)-1].Seq
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
