package queue

import (
	"fmt"
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
	case retry.Of(err).Verdict == retry.Needless:
		end, o = End{Lease: job, Verb: Pass, Refused: true}, Passed
		res.Status = err.Error()
	case err != nil:
		end, o = l.failed(job, err, at, took)
	case !res.Again.IsZero():
		end, o = End{Lease: job, Verb: Again, Due: res.Again}, PutOff
	default:
		end, o = End{Lease: job, Verb: Ack}, Done
	}
	if (l.Marks || o == Passed) && end.Attempt == nil {
		end.Attempt = &Attempt{At: at, Took: took}
	}
	if end.Attempt != nil {
		end.Attempt.Status = bounded(res.Status)
	}
	return end, o
}

// failed says how a lease ends after an error. The error is kept in any lane.
func (l *lane) failed(job Lease, err error, at time.Time, took time.Duration) (End, Outcome) {
	j := l.judge(job, err)
	end := End{
		Lease: job, Verb: Again, Failed: true, Refused: j.Refused,
		Attempt: &Attempt{At: at, Took: took, Error: bounded(err.Error()), Deferred: j.Refused && j.Verdict == retry.Later},
	}
	now := l.o.Now()
	switch {
	case j.Verdict == retry.Dead:
		end.Verb = Bury
		return end, GaveUp
	case l.GiveUp > 0 && now.Sub(job.Put) >= l.GiveUp:
		end.Verb = Bury
		end.Attempt.Error = bounded(fmt.Sprintf("given up after %s: %v", retry.Short(l.GiveUp), err))
		return end, GaveUp
	case l.Marks && j.Verdict != retry.Later:
		// It is the gate that waits; and then those that wait already have their turn first.
		end.Due = now.Add(time.Millisecond)
	case j.Wait > 0:
		end.Due, end.Failed = now.Add(j.Wait), false
	default:
		end.Due = now.Add(l.Backoff.Delay(job.Tries+1, l.o.Random()))
	}
	return end, Retried
}

// judge is the judgement on an error. A message that fails though the far end has
// served others since it was last tried is itself to blame: it waits, and they go on.
func (l *lane) judge(job Lease, err error) retry.Judgement {
	j := retry.Of(err)
	if l.Marks && j.Verdict == retry.Away && j.Wait == 0 && l.gate.suspects(job.Job) {
		j.Verdict = retry.Later
	}
	return j
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
