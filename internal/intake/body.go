package intake

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync"
	"sync/atomic"
)

const (
	// freeBody is what any body may take without asking, in bytes. An ordinary
	// alert is smaller, so it comes in whatever large bodies are under way.
	freeBody = 16 << 10
	// bodiesAtOnce is how many bodies of the largest size may be in memory.
	bodiesAtOnce = 4
	// drainBytes is how much of a body that was refused is read and thrown away,
	// because a sender who is still writing when we hang up never sees why.
	drainBytes = 128 << 20
)

// budget is what all bodies together may still take beyond freeBody each.
type budget struct {
	free  atomic.Int64
	small sync.Pool // of *[freeBody]byte, to be used again
}

func (b *budget) take(n int64) bool {
	if b.free.Add(-n) >= 0 {
		return true
	}
	b.free.Add(n)
	return false
}

// body is what was read, and what the budget gave for it. Nothing may hold on to
// the bytes once it was given back.
type body struct {
	bytes []byte
	taken int64
	small *[freeBody]byte // what it was read into at first
}

func (b *budget) lend() *[freeBody]byte {
	if small, ok := b.small.Get().(*[freeBody]byte); ok {
		return small
	}
	return new([freeBody]byte)
}

func (b *budget) give(o body) {
	b.free.Add(o.taken)
	if o.small != nil {
		b.small.Put(o.small)
	}
}

// read reads the whole body. The buffer grows with what has come in, never with
// what was announced. The body returned counts against the budget also with an error.
func (h *Handler) read(w http.ResponseWriter, r *http.Request) (body, error) {
	if r.ContentLength > h.cfg.MaxBodyBytes {
		if !waits(r) {
			drain(r)
		}
		return body{}, h.tooLarge()
	}
	in := http.MaxBytesReader(w, r.Body, h.cfg.MaxBodyBytes)
	b := body{small: h.bodies.lend()}
	b.bytes = b.small[:0]
	for {
		n, err := in.Read(b.bytes[len(b.bytes):cap(b.bytes)])
		b.bytes = b.bytes[:len(b.bytes)+n]
		if err == io.EOF {
			return b, nil
		}
		if err != nil {
			return b, h.broken(r, err)
		}
		if len(b.bytes) == cap(b.bytes) && !h.grow(&b) {
			return b, refusal{code: http.StatusServiceUnavailable, text: "too many large requests at once: send it again"}
		}
	}
}

// grow doubles the buffer, if the budget allows.
func (h *Handler) grow(b *body) bool {
	size := int64(cap(b.bytes))
	more := min(size, h.cfg.MaxBodyBytes+1-size) // one beyond the bound is never filled
	if !h.bodies.take(more) {
		return false
	}
	b.taken += more
	b.bytes = append(make([]byte, 0, size+more), b.bytes...)
	return true
}

// broken says why a body could not be read to its end. One that was too slow is
// answered 503, as it may be this machine that is: the sender shall try again.
func (h *Handler) broken(r *http.Request, err error) error {
	var large *http.MaxBytesError
	switch {
	case errors.As(err, &large):
		drain(r)
		return h.tooLarge()
	case errors.Is(err, os.ErrDeadlineExceeded):
		return refusal{code: http.StatusServiceUnavailable, text: "the body did not arrive in time: send it again"}
	}
	return refusal{code: http.StatusBadRequest, text: fmt.Sprintf("the body ends early: %v", err)}
}

func (h *Handler) tooLarge() error {
	return refusal{code: http.StatusRequestEntityTooLarge, text: fmt.Sprintf("the body is larger than max_body_bytes, %d", h.cfg.MaxBodyBytes)}
}

// waits reports whether the sender holds the body back until he is asked for it.
func waits(r *http.Request) bool {
	return strings.EqualFold(r.Header.Get("Expect"), "100-continue")
}

// drain reads on, within bounds; whatever comes of it, the answer is the same.
func drain(r *http.Request) { _, _ = io.CopyN(io.Discard, r.Body, drainBytes) }
