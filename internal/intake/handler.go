package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"bellhop/internal/secret"
)

// Path is where alerts are posted to.
const Path = "/alert"

// acceptTime bounds an Accept. It ends before the server's own write deadline,
// so that the sender hears a 503 and not a broken connection.
const acceptTime = 20 * time.Second

type handler struct {
	cfg    Config
	accept Accept
	obs    Observer
	now    func() time.Time
	log    *slog.Logger
	bodies budget
	before *repeats
}

// NewHandler serves POST /alert and refuses everything else. It counts on [Serve]
// to cut off slow requests. All that it is given is needed.
func NewHandler(cfg Config, accept Accept, obs Observer, now func() time.Time, log *slog.Logger) http.Handler {
	h := &handler{cfg: cfg, accept: accept, obs: obs, now: now, log: log, before: &repeats{now: now}}
	h.bodies.free.Store(bodiesAtOnce * cfg.MaxBodyBytes)
	return h
}

// refusal is an answer that is not 200. Its text names the fault for the sender.
type refusal struct {
	code int
	text string
}

func (r refusal) Error() string { return r.text }

// level is how loud the log says it: a 503 is our fault, any other the sender's.
func (r refusal) level() slog.Level {
	if r.code >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelWarn
}

func (h *handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := h.serve(w, r)
	var no refusal
	switch {
	case err == nil:
		reply(w, http.StatusOK, answer)
	case errors.As(err, &no):
		h.log.Log(r.Context(), no.level(), "request refused", "path", r.URL.Path, "from", r.RemoteAddr, "status", no.code, "reason", no.text)
		reply(w, no.code, refused{no.text})
	}
}

type taken struct {
	Status   string `json:"status"`
	Accepted int    `json:"accepted"`
	Ignored  int    `json:"ignored"`
	ID       string `json:"id"`
}

type refused struct {
	Error string `json:"error"`
}

func (h *handler) serve(w http.ResponseWriter, r *http.Request) (taken, error) {
	if r.URL.Path != Path {
		return taken{}, refusal{http.StatusNotFound, fmt.Sprintf("nothing listens here: alerts go to POST %s", Path)}
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return taken{}, refusal{http.StatusMethodNotAllowed, fmt.Sprintf("alerts are sent with POST %s", Path)}
	}
	body, err := h.read(w, r)
	defer func() { h.bodies.give(body) }()
	if err != nil {
		h.obs.Received(Source, ResultRefused, 1)
		return taken{}, err
	}
	b, err := Parse(body.bytes, h.cfg)
	if err != nil {
		h.obs.Received(Source, ResultRefused, 1)
		return taken{}, refusal{http.StatusBadRequest, err.Error()}
	}
	return h.keep(r.Context(), b)
}

// keep hands the signals on. It does so even if the sender has gone meanwhile:
// kept is better than asked for again.
func (h *handler) keep(ctx context.Context, b Batch) (taken, error) {
	h.count(ResultIgnored, b.Ignored-b.Unreadable)
	h.count(ResultUnreadable, b.Unreadable)
	answer := taken{Status: "accepted", Accepted: b.Accepted, Ignored: b.Ignored}
	if b.Accepted == 0 {
		return answer, nil
	}
	first, known, post := h.before.again(b)
	if known {
		h.count(ResultDuplicate, b.Accepted)
		h.log.Debug("the same alerts once more", "id", first.ID, "alerts", b.Accepted)
		return first, nil
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTime)
	defer cancel()
	start := h.now()
	id, err := h.accept(ctx, b.Signals)
	h.obs.Took(h.now().Sub(start))
	if err != nil {
		h.count(ResultUnkept, b.Accepted)
		return taken{}, refusal{http.StatusServiceUnavailable, "the alerts cannot be kept now, send them again: " + secret.Redact(err.Error())}
	}
	h.count(ResultAccepted, b.Accepted)
	answer.ID = id
	h.before.keep(post, answer)
	return answer, nil
}

func (h *handler) count(result string, n int) {
	if n > 0 {
		h.obs.Received(Source, result, n)
	}
}

func reply(w http.ResponseWriter, code int, value any) {
	b, err := json.Marshal(value)
	if err != nil { // strings and numbers: it cannot be
		panic(err)
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("X-Content-Type-Options", "nosniff")
	w.WriteHeader(code)
	_, _ = w.Write(b) // the sender has gone: he will ask again
}
