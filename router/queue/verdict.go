package queue

import (
	"strings"
	"time"
	"unicode/utf8"

	"bellhop/internal/retry"
)

// maxText is how many bytes of an answer or an error an attempt keeps.
const maxText = 1000

// verdict says how a lease ends after its turn (R12).
func (l *lane) verdict(job Lease, res Result, err error, at time.Time, took time.Duration) (End, Outcome) {
	var end End
	var o Outcome
	switch {
	case err != nil:
		end, o = l.failed(job, err, at, took)
	case !res.Again.IsZero():
		end, o = End{Lease: job, Verb: Again, Due: res.Again}, PutOff
	default:
		end, o = End{Lease: job, Verb: Ack}, Done
	}
	if l.Marks && end.Attempt == nil {
		end.Attempt = &Attempt{At: at, Took: took}
	}
	if end.Attempt != nil {
		end.Attempt.Status = bounded(res.Status)
	}
	return end, o
}

// failed says how a lease ends after an error. The error is kept in any lane.
func (l *lane) failed(job Lease, err error, at time.Time, took time.Duration) (End, Outcome) {
	end := End{Lease: job, Attempt: &Attempt{At: at, Took: took, Error: bounded(err.Error())}}
	j := retry.Of(err)
	end.Refused = j.Refused
	wait := j.Wait
	switch {
	case j.Verdict == retry.Dead:
		end.Verb = Bury
		return end, GaveUp
	case wait == 0:
		end.Failed = true
		wait = l.Backoff.Delay(job.Tries+1, l.o.Random())
	}
	end.Verb, end.Due = Again, l.o.Now().Add(wait)
	return end, Retried
}

// bounded cuts text to what an attempt keeps, as valid UTF-8.
func bounded(text string) string {
	const mark = "…"
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= maxText {
		return text
	}
	cut := maxText - len(mark)
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + mark
}
