//go:build linux

package bench

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net"
	"slices"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// counter numbers requests over a whole run, so that none is like another.
type counter struct{ n atomic.Int64 }

func (c *counter) next() int { return int(c.n.Add(1)) }

// answers is what came of a load.
type answers struct {
	perSecond float64
	took      []time.Duration // sorted
}

// load keeps connections busy for d, each with one request after the other, as
// cheaply as it can: whoever measures shares the processors with who is measured.
// Any answer but 200 ends the test.
func load(t *testing.T, address string, connections int, d time.Duration, b body, c *counter) answers {
	t.Helper()
	all := make([][]time.Duration, connections)
	errs := make([]error, connections)
	began := time.Now()
	var wg sync.WaitGroup
	for i := range connections {
		wg.Go(func() { all[i], errs[i] = talk(address, began.Add(d), b.clone(), c) })
	}
	wg.Wait()
	took := time.Since(began)
	for _, err := range errs {
		if err != nil {
			t.Fatalf("load on %s: %v", address, err)
		}
	}
	a := answers{took: slices.Concat(all...)}
	slices.Sort(a.took)
	a.perSecond = float64(len(a.took)) / took.Seconds()
	return a
}

// talk is one connection.
func talk(address string, until time.Time, b body, c *counter) ([]time.Duration, error) {
	conn, err := net.Dial("tcp", address)
	if err != nil {
		return nil, err
	}
	defer func() { _ = conn.Close() }()
	in := bufio.NewReader(conn)
	var took []time.Duration
	for began := time.Now(); began.Before(until); {
		if _, err := conn.Write(b.number(c.next())); err != nil {
			return nil, err
		}
		if err := answer(in); err != nil {
			return nil, err
		}
		now := time.Now()
		took = append(took, now.Sub(began))
		began = now
	}
	return took, nil
}

// answer reads one answer with a Content-Length and wants it to be 200.
func answer(in *bufio.Reader) error {
	line, err := in.ReadSlice('\n')
	if err != nil {
		return err
	}
	if ok := bytes.HasPrefix(line, []byte("HTTP/1.1 200 ")); !ok {
		return fmt.Errorf("the answer is %q", line)
	}
	length := -1
	for {
		line, err := in.ReadSlice('\n')
		if err != nil {
			return err
		}
		line = bytes.TrimSpace(line)
		if len(line) == 0 {
			break
		}
		if name, value, _ := bytes.Cut(line, []byte(": ")); bytes.EqualFold(name, []byte("Content-Length")) {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return err
			}
		}
	}
	if length < 0 {
		return fmt.Errorf("the answer has no length")
	}
	_, err = io.CopyN(io.Discard, in, int64(length))
	return err
}
