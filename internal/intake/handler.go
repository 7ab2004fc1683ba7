package intake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/secret"
)

// Where alerts and events are posted to.
const (
	Path        = "/alert"             // Alertmanager's webhook
	EnqueuePath = "/v2/enqueue"        // PagerDuty's Events API v2
	ChangePath  = "/v2/change/enqueue" // … its change events
	AnyPath     = "/"                  // an alert or an event, told apart by its shape
)

// Patterns lists what of a server's requests is for the handler of [NewHandler].
func Patterns() []string {
	return []string{Path, EnqueuePath, ChangePath, http.MethodPost + " " + AnyPath + "{$}"}
}

// acceptTime bounds an Accept. It ends before the server's own write deadline,
// so that the sender hears a 503 and not a broken connection.
const acceptTime = 20 * time.Second

// Handler takes alerts and events over HTTP; see [NewHandler].
type Handler struct {
	cfg    Config
	accept Accept
	obs    Observer
	now    func() time.Time
	log    *slog.Logger
	*memory
}

// memory is what outlives a change of the settings.
type memory struct {
	bodies  budget
	before  *repeats
	waiting atomic.Int32 // requests that wait for what comes of their commands
}

// NewHandler serves POST at the paths above and refuses everything else. It counts on
// [Serve] to cut off slow requests. All that it is given is needed.
func NewHandler(cfg Config, accept Accept, obs Observer, now func() time.Time, log *slog.Logger) *Handler {
	h := &Handler{cfg: cfg, accept: accept, obs: obs, now: now, log: log, memory: &memory{before: &repeats{now: now}}}
	h.bodies.free.Store(bodiesAtOnce * cfg.MaxBodyBytes)
	return h
}

// With is the handler by other settings. What was answered before, and what is under way,
// it knows as h does.
func (h *Handler) With(cfg Config) *Handler {
	other := *h
	other.cfg = cfg
	h.bodies.free.Add(bodiesAtOnce * (cfg.MaxBodyBytes - h.cfg.MaxBodyBytes))
	return &other
}

// refusal is an answer that is not 200. Its text names the fault for the sender.
type refusal struct {
	code int
	text string
	body any // the answer's, where it is not simply the text
}

func (r refusal) Error() string { return r.text }

// level is how loud the log says it: a 500 or 503 is our fault, any other the sender's.
func (r refusal) level() slog.Level {
	if r.code >= http.StatusInternalServerError {
		return slog.LevelError
	}
	return slog.LevelWarn
}

func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	answer, err := h.serve(w, r)
	var no refusal
	if !errors.As(err, &no) {
		reply(w, answer.code, answer.body)
		return
	}
	h.log.Log(r.Context(), no.level(), "request refused", "path", r.URL.Path, "from", r.RemoteAddr, "status", no.code, "reason", no.text)
	if no.body != nil {
		reply(w, no.code, no.body)
		return
	}
	reply(w, no.code, refused{no.text})
}

// answer is what a sender hears whose request was taken.
type answer struct {
	code int
	body any
	// later, unless it is nil, finds the answer, and may take as long as a command.
	later func(http.ResponseWriter) (answer, error)
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

// take takes the body of a request and says what to answer.
type take func(r *http.Request, body []byte) (answer, error)

// serve takes one request; its error is a [refusal].
func (h *Handler) serve(w http.ResponseWriter, r *http.Request) (answer, error) {
	takes := map[string]take{
		Path: h.alerts, EnqueuePath: h.enqueue, ChangePath: h.change, AnyPath: h.either,
	}
	f, ok := takes[r.URL.Path]
	if !ok {
		return answer{}, refusal{code: http.StatusNotFound, text: fmt.Sprintf("nothing listens here: alerts go to POST %s, PagerDuty's events to POST %s", Path, EnqueuePath)}
	}
	if r.Method != http.MethodPost {
		w.Header().Set("Allow", http.MethodPost)
		return answer{}, refusal{code: http.StatusMethodNotAllowed, text: fmt.Sprintf("what is sent here is sent with POST %s", r.URL.Path)}
	}
	said, err := h.post(w, r, f)
	var no refusal
	if errors.As(err, &no) && no.code == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", `Bearer realm="bellhop"`)
	}
	return said, err
}

// post reads the body and hands it to whoever takes it.
func (h *Handler) post(w http.ResponseWriter, r *http.Request, f take) (answer, error) {
	said, err := h.readAndTake(w, r, f)
	if err != nil || said.later == nil {
		return said, err
	}
	return said.later(w)
}

// readAndTake counts the body against the budget for as long as it is read and taken.
func (h *Handler) readAndTake(w http.ResponseWriter, r *http.Request, f take) (answer, error) {
	body, err := h.read(w, r)
	defer func() { h.bodies.give(body) }()
	if err != nil {
		h.obs.Received(sourceOf(r.URL.Path), ResultRefused, 1)
		return answer{}, err
	}
	return f(r, body.bytes)
}

func sourceOf(path string) string {
	if path == EnqueuePath || path == ChangePath {
		return EventsSource
	}
	return Source
}

// alerts takes a webhook of Alertmanager.
func (h *Handler) alerts(r *http.Request, body []byte) (answer, error) {
	if err := admit(r, h.cfg.BearerToken, ""); err != nil {
		h.obs.Received(Source, ResultRefused, 1)
		return answer{}, err
	}
	b, err := Parse(body, h.cfg)
	if err != nil {
		h.obs.Received(Source, ResultRefused, 1)
		return answer{}, refusal{code: http.StatusBadRequest, text: err.Error()}
	}
	h.count(Source, ResultIgnored, b.Ignored-b.Unreadable)
	h.count(Source, ResultUnreadable, b.Unreadable)
	said := taken{Status: "accepted", Accepted: b.Accepted, Ignored: b.Ignored}
	if b.Accepted == 0 {
		return answer{code: http.StatusOK, body: said}, nil
	}
	first, post := h.before.again(b)
	if first != nil {
		h.count(Source, ResultDuplicate, b.Accepted)
		h.log.Debug("the same alerts once more", "id", first.answer.ID, "alerts", b.Accepted)
		return h.asBefore(r, first)
	}
	kept, err := h.keep(r.Context(), Source, post.mark(b.Signals), b.Accepted)
	if err != nil {
		return answer{}, err
	}
	said.ID = kept.ID
	h.before.keep(post, said, kept.Await != nil)
	if kept.Await == nil {
		return answer{code: http.StatusOK, body: said}, nil
	}
	return h.await(r, post, kept.Await)
}

// keep hands the signals on, which n alerts or events became. It does so even if the
// sender has gone meanwhile: kept is better than asked for again.
func (h *Handler) keep(ctx context.Context, source string, ss []event.Signal, n int) (Accepted, error) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), acceptTime)
	defer cancel()
	start := h.now()
	kept, err := h.accept(ctx, ss)
	h.obs.Took(h.now().Sub(start))
	if err != nil {
		h.count(source, ResultUnkept, n)
		return Accepted{}, refusal{code: http.StatusServiceUnavailable, text: "it cannot be kept now, send it again: " + secret.Redact(err.Error())}
	}
	h.count(source, ResultAccepted, n)
	return kept, nil
}

func (h *Handler) count(source, result string, n int) {
	if n > 0 {
		h.obs.Received(source, result, n)
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
