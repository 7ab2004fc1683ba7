package intake_test

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/internal/intake"
)

// prompt is how long a proper POST may take on a busy machine: far less than any
// limit that ends a slow one.
const prompt = 3 * time.Second

func (r *rig) postPromptly(t *testing.T) {
	t.Helper()
	start := time.Now()
	wantGood(t, r.post(strings.NewReader(goodBody)))
	if took := time.Since(start); took > prompt {
		t.Fatalf("a proper POST took %s", took)
	}
}

// trickle sends text, then a byte a second until the other side hangs up.
func trickle(c net.Conn, text string) {
	_, err := io.WriteString(c, text)
	for err == nil {
		time.Sleep(time.Second)
		_, err = io.WriteString(c, "x")
	}
}

func TestSlowConnectionsHoldNobodyUp(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), intake.Serve)
	var slow sync.WaitGroup
	for i := range 300 {
		c := r.dial(t)
		text := "POST /alert HTTP/1.1\r\nHost: x\r\nX-Slow: "
		if i%2 == 0 {
			text = "POST /alert HTTP/1.1\r\nHost: x\r\nContent-Length: 4000000\r\n\r\n{"
		}
		slow.Go(func() { trickle(c, text) })
	}
	for range 5 {
		r.postPromptly(t)
	}
	cut := make(chan struct{})
	go func() { slow.Wait(); close(cut) }()
	select {
	case <-cut:
	case <-time.After(25 * time.Second):
		t.Fatal("slow connections were not cut off")
	}
	r.postPromptly(t)
}

func TestMoreConnectionsThanAllowedGiveWayToProperOnes(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), within(30*time.Second, 20))
	silent := r.dial(t)
	for range 60 {
		if _, err := io.WriteString(r.dial(t), "POST /alert HTTP/1.1\r\nContent-Length: 9\r\nHost: x\r\n\r\n{"); err != nil {
			t.Fatal(err)
		}
	}
	for range 30 {
		r.postPromptly(t)
	}
	if _, err := silent.Read(make([]byte, 1)); err == nil || timedOut(err) {
		t.Fatalf("the oldest connection did not go: %v", err)
	}
}

func timedOut(err error) bool {
	var n net.Error
	return errors.As(err, &n) && n.Timeout()
}

func TestASlowHeaderIsCutOff(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), within(200*time.Millisecond, 10))
	c := r.dial(t)
	if _, err := io.WriteString(c, "POST /alert HTTP/1.1\r\nHost:"); err != nil {
		t.Fatal(err)
	}
	if _, err := io.ReadAll(c); timedOut(err) {
		t.Fatal("it was left open")
	}
}

func TestASlowBodyIsToBeSentAgain(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), within(200*time.Millisecond, 10))
	for _, how := range []string{"Content-Length: 1000\r\n\r\n{", "Transfer-Encoding: chunked\r\n\r\n1\r\n{\r\n"} {
		wantRefusal(t, r.raw(t, "POST /alert HTTP/1.1\r\nHost: x\r\n"+how), 503, "did not arrive in time")
	}
}

func TestAHugeBodyTakesNoMemory(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), intake.Serve)
	for name, body := range map[string]io.Reader{
		"announced": bytes.NewReader(make([]byte, 100<<20)),
		"chunked":   io.LimitReader(&endless{head: goodBody}, 100<<20),
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		wantRefusal(t, r.post(body), 413, "max_body_bytes")
		runtime.ReadMemStats(&after)
		// All that was ever allocated meanwhile, client included; the buffer's
		// doublings alone are twice the largest body.
		if grown := after.TotalAlloc - before.TotalAlloc; grown > 24<<20 {
			t.Errorf("%s: %d MiB were allocated", name, grown>>20)
		}
	}
	r.postPromptly(t)
}

func TestAnEndlessBodyIsCutOff(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), intake.Serve)
	body := &endless{head: "{"}
	a := r.post(body)
	if a.err == nil && a.code != 413 {
		t.Fatalf("got %+v", a)
	}
	if sent := body.sent.Load(); sent > 256<<20 {
		t.Fatalf("%d MiB were taken", sent>>20)
	}
	r.postPromptly(t)
}

func TestASenderWhoAsksFirstIsToldAtOnce(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), intake.Serve)
	a := r.raw(t, "POST /alert HTTP/1.1\r\nHost: x\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
	wantRefusal(t, a, 413, "max_body_bytes")
}

// Large bodies that stand still take up the whole budget, and ordinary alerts
// come in all the same.
func TestTooManyLargeBodiesAtOnce(t *testing.T) {
	r := newRig(t)
	r.cfg.MaxBodyBytes = 1 << 20
	r.start(t, r.handler(), within(30*time.Second, 100))
	large := fmt.Sprintf("POST /alert HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n{%s", 1<<20, strings.Repeat(" ", 1<<20-100))
	refused := make(chan answer, 5)
	for range 5 {
		c := r.dial(t)
		go func() { _, _ = io.WriteString(c, large) }() // the one that is refused breaks off
		go func() {
			if res, err := http.ReadResponse(bufio.NewReader(c), nil); err == nil {
				refused <- read(res)
			}
		}()
	}
	select {
	case a := <-refused:
		wantRefusal(t, a, 503, "too many large requests")
	case <-time.After(10 * time.Second):
		t.Fatal("a fifth large body found room")
	}
	r.postPromptly(t)
}

func TestTheRoomOfALargeBodyIsGivenBack(t *testing.T) {
	r := newRig(t)
	r.cfg.MaxBodyBytes = 256 << 10
	r.start(t, r.handler(), intake.Serve)
	for range 10 {
		wantGood(t, r.post(strings.NewReader(goodBody+strings.Repeat(" ", 256<<10-len(goodBody)))))
		wantRefusal(t, r.post(io.LimitReader(&endless{}, 300<<10)), 413, "max_body_bytes")
	}
}

func TestOddRequests(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), intake.Serve)
	if a := r.raw(t, "POST /alert HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n"); a.code != 400 {
		t.Errorf("a negative length: %+v", a)
	}
	wantRefusal(t, r.raw(t, "POST /alert HTTP/1.1\r\nHost: x\r\n\r\n"), 400, "empty")
	wantRefusal(t, r.raw(t, "POST /alert HTTP/1.0\r\n\r\n"), 400, "empty")
	wantRefusal(t, r.raw(t, "POST /alert HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n"), 400, "ends early")
	wantGood(t, r.raw(t, fmt.Sprintf("POST /alert HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n%x\r\n%s\r\n0\r\n\r\n", len(goodBody), goodBody)))
	if a := r.raw(t, "POST /alert HTTP/1.1\r\nHost: x\r\nX-Large: "+strings.Repeat("x", 64<<10)+"\r\n\r\n"); a.code != 431 && a.err == nil {
		t.Errorf("a large header: %+v", a)
	}
	r.postPromptly(t)
}

// printf … | nc closes its side before it has the answer.
func TestASenderWhoClosesHisSideIsAnswered(t *testing.T) {
	r := newRig(t)
	r.hold = make(chan struct{})
	h := r.handler()
	r.start(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		go func() { <-q.Context().Done(); close(r.hold) }() // once net/http takes him for gone
		h.ServeHTTP(w, q)
	}), intake.Serve)
	c := r.dial(t)
	if _, err := fmt.Fprintf(c, "POST /alert HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(goodBody), goodBody); err != nil {
		t.Fatal(err)
	}
	if err := c.(*net.TCPConn).CloseWrite(); err != nil {
		t.Fatal(err)
	}
	res, err := http.ReadResponse(bufio.NewReader(c), nil)
	if err != nil {
		t.Fatal(err)
	}
	wantGood(t, read(res))
}

func TestKeepAlive(t *testing.T) {
	r := newRig(t)
	r.start(t, r.handler(), intake.Serve)
	c := r.dial(t)
	in := bufio.NewReader(c)
	for range 3 {
		if _, err := fmt.Fprintf(c, "POST /alert HTTP/1.1\r\nHost: x\r\nContent-Length: %d\r\n\r\n%s", len(goodBody), goodBody); err != nil {
			t.Fatal(err)
		}
		res, err := http.ReadResponse(in, nil)
		if err != nil {
			t.Fatal(err)
		}
		wantGood(t, read(res))
	}
}

func TestAPanicCostsItsOwnConnection(t *testing.T) {
	r := newRig(t)
	good := r.handler()
	r.start(t, http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		if q.URL.Path == "/bug" {
			panic("a bug")
		}
		good.ServeHTTP(w, q)
	}), intake.Serve)
	if a := r.raw(t, "GET /bug HTTP/1.1\r\nHost: x\r\n\r\n"); a.err == nil {
		t.Fatalf("got %+v", a)
	}
	r.postPromptly(t)
	if !strings.Contains(r.log.String(), "a bug") {
		t.Fatalf("the log says nothing: %s", r.log)
	}
}

func TestStopLetsRequestsEnd(t *testing.T) {
	r := newRig(t)
	r.hold = make(chan struct{})
	r.start(t, r.handler(), intake.Serve)
	got := make(chan answer, 1)
	go func() { got <- r.post(strings.NewReader(goodBody)) }()
	<-r.entered
	r.stop()
	close(r.hold)
	wantGood(t, <-got)
	if err := <-r.end; err != nil {
		t.Fatal(err)
	}
	if a := r.post(strings.NewReader(goodBody)); a.err == nil {
		t.Fatalf("still answers after the stop: %+v", a)
	}
}

func TestStopDoesNotWaitForEver(t *testing.T) {
	r := newRig(t)
	r.hold = make(chan struct{})
	defer close(r.hold)
	r.start(t, r.handler(), within(300*time.Millisecond, 10))
	go r.post(strings.NewReader(goodBody))
	<-r.entered
	r.stop()
	select {
	case err := <-r.end:
		if err != nil {
			t.Fatal(err)
		}
	case <-time.After(10 * time.Second):
		t.Fatal("it still waits")
	}
}

func TestAListenerThatBreaksIsAnError(t *testing.T) {
	r := newRig(t)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	if err := ln.Close(); err != nil {
		t.Fatal(err)
	}
	if err := intake.Serve(t.Context(), ln, r.handler(), r.logger()); err == nil || !strings.Contains(err.Error(), ln.Addr().String()) {
		t.Fatalf("got %v", err)
	}
}
