package intake

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"bellhop/internal/secret"
)

// lastWords is how long an answer may take to reach its sender who has waited for it.
const lastWords = 10 * time.Second

// maxWaiting is how many requests may wait for what comes of their commands.
const maxWaiting = 256

// errCrowded is why a request does not wait.
var errCrowded = errors.New("too many requests wait already for what comes of their commands")

// errCutOff is what became of commands when nobody found out.
var errCutOff = errors.New("what came of its commands was not found out")

// await is answered when the commands of a message have ended. It waits even if the
// sender has gone: when he asks again, the answer is to be known.
func (h *Handler) await(r *http.Request, p *posted, ended func(context.Context) error) (answer, error) {
	if !h.mayWait() {
		h.before.end(p, errCrowded)
		return outcome(p.answer, errCrowded)
	}
	return answer{later: func(w http.ResponseWriter) (answer, error) {
		defer h.waiting.Add(-1)
		err := errCutOff
		defer func() { h.before.end(p, err) }()
		defer h.unhurried(w)()
		err = ended(context.WithoutCancel(r.Context()))
		return outcome(p.answer, err)
	}}, nil
}

// asBefore answers as the same message was answered, as soon as that is known.
func (h *Handler) asBefore(r *http.Request, first *posted) (answer, error) {
	switch {
	case !first.pending():
		return outcome(first.answer, first.fault)
	case !h.mayWait():
		return outcome(first.answer, errCrowded)
	}
	return answer{later: func(w http.ResponseWriter) (answer, error) {
		defer h.waiting.Add(-1)
		defer h.unhurried(w)()
		select {
		case <-first.ended:
			return outcome(first.answer, first.fault)
		case <-r.Context().Done():
			return outcome(first.answer, fmt.Errorf("the sender has gone before it had ended: %w", r.Context().Err()))
		}
	}}, nil
}

// mayWait is true when one more request may wait; it counts until it waits no more.
func (h *Handler) mayWait() bool {
	if h.waiting.Add(1) <= maxWaiting {
		return true
	}
	h.waiting.Add(-1)
	return false
}

// outcome is the answer to a message that was kept.
func outcome(said taken, fault error) (answer, error) {
	if fault != nil {
		return answer{}, refusal{code: http.StatusInternalServerError,
			text: fmt.Sprintf("it was kept as %s, but a command that it started has not succeeded, send it again: %s", said.ID, secret.Redact(fault.Error()))}
	}
	return answer{code: http.StatusOK, body: said}, nil
}

// unhurried takes the deadline off an answer that takes as long as a command. What it
// returns sets one for its last words.
func (h *Handler) unhurried(w http.ResponseWriter) (speak func()) {
	set := func(t time.Time) {
		err := http.NewResponseController(w).SetWriteDeadline(t)
		if err != nil && !errors.Is(err, http.ErrNotSupported) { // then there is none
			h.log.Warn("the deadline of an answer cannot be moved, it may not arrive", "err", err)
		}
	}
	set(time.Time{})
	return func() { set(h.now().Add(lastWords)) }
}
