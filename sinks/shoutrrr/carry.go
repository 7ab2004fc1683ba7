package shoutrrr

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"

	"bellhop/internal/retry"
	"bellhop/sinks/wire"
)

// Command is the command of bellhop that carries one message. It is for bellhop alone.
const Command = "carry"

// errand is what the carrying process is told, on its standard input.
type errand struct {
	ID      string        `json:"id"`
	URL     string        `json:"url"`
	Title   string        `json:"title"` // empty: there is none
	Text    string        `json:"text"`
	Version string        `json:"version"`
	Within  time.Duration `json:"within"`
}

// report is what it answers on its standard output.
type report struct {
	Status  string        `json:"status"`
	Error   string        `json:"error"` // without secrets; empty: it was sent
	Verdict retry.Verdict `json:"verdict"`
	Wait    time.Duration `json:"wait"`
	Refused bool          `json:"refused"`
}

// Carry reads one errand from in, runs it and writes the report to out. It changes
// net/http's defaults, so it must be alone in its process. An error means that there is
// no report; it holds nothing of the errand.
//
// It ends by the errand's time and not when ctx is cancelled: a stop of the whole
// service reaches it as well, while bellhop still waits for its answer.
func Carry(ctx context.Context, in io.Reader, out io.Writer) error {
	var e errand
	if err := json.NewDecoder(in).Decode(&e); err != nil || e.URL == "" {
		return errors.New("read what to carry: there is nothing of use; this command is for bellhop itself")
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), cmp.Or(e.Within, timeout))
	defer cancel()
	client := &http.Client{Transport: http.DefaultTransport}
	if err := json.NewEncoder(out).Encode(carry(ctx, e, client, time.Now)); err != nil {
		return fmt.Errorf("write what came of it: %w", err)
	}
	return nil
}

// carry has the library send a message through client. All but three of its services
// use what net/http has for everybody at that moment, and most can be led nowhere else.
func carry(ctx context.Context, e errand, client *http.Client, now func() time.Time) report {
	address, err := url.Parse(e.URL)
	if err != nil {
		return failed("", retry.Refused(retry.Broken(errors.New("url cannot be read")))) // the parser quotes it
	}
	r := &road{ctx: ctx, client: client, delivery: e.ID, version: e.Version, secrets: keys(address),
		proof: services()[serviceName(address)].proof}
	usual := http.DefaultTransport
	http.DefaultTransport = r
	defer func() { http.DefaultTransport = usual }()
	return r.judge(send(address, e.Title, e.Text, r), now)
}

// judge says what came of a send after which the library said err. What the far end
// answered goes before what the library makes of it.
func (r *road) judge(err error, now func() time.Time) report {
	r.mu.Lock()
	defer r.mu.Unlock()
	switch {
	case r.last == nil && err == nil:
		err = errors.New("the library has sent nothing")
		return failed("", retry.Refused(retry.Broken(err)))
	case r.last == nil:
		// Texts fit, so it is the settings that it does not like.
		err = fmt.Errorf("the library refuses: %s; see url", quote(err, r.secrets))
		return failed("", retry.Refused(retry.Broken(err)))
	case r.closed:
		return r.refused(now)
	case err != nil:
		err = fmt.Errorf("answered %s, which the library takes for a failure: %s", r.last.Answer(), quote(err, r.secrets))
		return failed(r.last.Answer(), retry.Down(0, err))
	case !r.proven():
		err = fmt.Errorf("answered %s, which is not how a message is taken", r.last.Said())
		return failed(r.last.Answer(), retry.Down(0, err))
	}
	return report{Status: r.last.Answer()}
}

// refused judges the request that was not answered with 2xx.
func (r *road) refused(now func() time.Time) report {
	err := r.last.Err
	if err == nil {
		err = verdict(r.last, now())
	}
	answer := failed(r.last.Answer(), err)
	if r.taken > 0 { // by one of several receivers, perhaps
		answer.Refused = false
	}
	return answer
}

// verdict is what a status means here. There is nothing of one message in an address of
// these services, so one that does not exist is a fault of the URL.
func verdict(call *wire.Call, now time.Time) error {
	err := errors.New("answered " + call.Said())
	switch call.Status {
	case http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound, http.StatusMethodNotAllowed, http.StatusGone:
		return retry.Refused(retry.Broken(fmt.Errorf("%w; see url", err)))
	}
	return retry.HTTP(call.Status, call.Header, now, err)
}

func failed(status string, err error) report {
	j := retry.Of(err)
	return report{Status: status, Error: err.Error(), Verdict: j.Verdict, Wait: j.Wait, Refused: j.Refused}
}

// err is the error that the report tells of; ctx is that of the send.
func (r report) err(ctx context.Context) error {
	if r.Error == "" {
		return nil
	}
	err := errors.New(r.Error)
	if ended := ctx.Err(); ended != nil {
		err = fmt.Errorf("%w: %s", ended, r.Error)
	}
	switch r.Verdict {
	case retry.Dead:
		err = retry.Permanent(err)
	case retry.Misconfigured:
		err = retry.Broken(err)
	case retry.Later:
		err = retry.After(r.Wait, err)
	default:
		err = retry.Down(r.Wait, err)
	}
	if r.Refused {
		err = retry.Refused(err)
	}
	return err
}
