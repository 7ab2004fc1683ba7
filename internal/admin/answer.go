package admin

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"bellhop/internal/secret"
)

// refusal is an answer that is not 200; its text is for whoever asked.
type refusal struct {
	code  int
	text  string
	allow string // for 405
}

func (r refusal) Error() string { return r.text }

// asked answers a request with a value to be shown as JSON, or with an error.
type asked func(r *http.Request) (any, error)

// json answers a question: 200 when it can be.
func (h *handler) json(ask asked) http.Handler { return h.answer(http.StatusOK, ask) }

// answer turns an answer into HTTP. An error that is no refusal came from the
// engine, and may be gone the next time: 503.
func (h *handler) answer(code int, ask asked) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		value, err := ask(r)
		var no refusal
		switch {
		case err == nil:
		case errors.As(err, &no):
			if no.allow != "" {
				w.Header().Set("Allow", no.allow)
			}
		default:
			h.Log.Error("a request cannot be answered", "path", r.URL.Path, "reason", err)
			no = refusal{code: http.StatusServiceUnavailable, text: secret.Redact(err.Error())}
		}
		if err != nil {
			write(w, no.code, map[string]string{"error": no.text})
			return
		}
		write(w, code, value)
	})
}

func write(w http.ResponseWriter, code int, value any) {
	b, err := json.Marshal(value)
	if err != nil {
		code = http.StatusInternalServerError
		b = fmt.Appendf(nil, `{"error":%q}`, "the answer cannot be written as JSON: "+err.Error())
	}
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	_, _ = w.Write(append(b, '\n')) // whoever asked has gone: nothing is lost
}

func notFound(r *http.Request) (any, error) {
	return nil, refusal{code: http.StatusNotFound, text: fmt.Sprintf("there is nothing at %q: GET / lists what there is", r.URL.Path)}
}

// notAllowed refuses every method but one. What may be read has a HEAD as well.
func notAllowed(method string) asked {
	text, allow := "this address can only be read: use GET", "GET, HEAD"
	if method != http.MethodGet {
		text, allow = "this address acts and cannot be read: use "+method, method
	}
	return func(*http.Request) (any, error) {
		return nil, refusal{code: http.StatusMethodNotAllowed, text: text, allow: allow}
	}
}
