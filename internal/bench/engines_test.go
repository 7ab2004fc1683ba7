//go:build linux

package bench

import (
	"fmt"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
	"bellhop/router/queue/disk"
)

const (
	engineRounds = 3
	engineRound  = 2 * time.Second
	writers      = 64
)

// engines lets 64 writers keep 1.5 KB each, over and over, and each waits until it is
// on disk: in the disk engine as accepting an alert does it (a row, and a job that
// points there), in a log that only appends, and in a bare bbolt whose writers share
// transactions (DB.Batch). This row alone works inside this process.
func engines(t *testing.T, _ string) []row {
	var ours, log, bolt side
	for range engineRounds {
		ours.add(write(t, openDisk(t)))
		log.add(write(t, openLog(t)))
		bolt.add(write(t, openBolt(t)))
	}
	a, b, c := median(ours.rates), median(log.rates), median(bolt.rates)
	return []row{{
		"engines, 64 writers, synced before the answer", "",
		fmt.Sprintf("disk engine %s/s, bare log %s/s, bare bbolt %s/s", grouped(int(a)), grouped(int(b)), grouped(int(c))), true,
	}}
}

// keep puts value under a new key, durably.
type keep func(key string, value []byte) error

// write counts what 64 writers get done.
func write(t *testing.T, k keep) answers {
	t.Helper()
	var c counter
	value := []byte(webhook())
	counts, errs := make([]int, writers), make([]error, writers)
	began, until := time.Now(), time.Now().Add(brief(engineRound))
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for time.Now().Before(until) && errs[i] == nil {
				errs[i] = k(fmt.Sprintf("%012d", c.next()), value)
				counts[i]++
			}
		})
	}
	wg.Wait()
	took, sum := time.Since(began), 0
	for i, err := range errs {
		if err != nil {
			t.Fatal(err)
		}
		sum += counts[i]
	}
	return answers{perSecond: float64(sum) / took.Seconds(), took: []time.Duration{took}}
}

func openDisk(t *testing.T) keep {
	t.Helper()
	e, err := disk.Open(t.TempDir(), disk.Options{Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = e.Close() })
	later := time.Now().Add(time.Hour)
	return func(key string, value []byte) error {
		return e.Do(t.Context(), queue.Step{
			Set: []queue.Row{{Key: "signal/" + key, Value: value}},
			Put: []queue.Job{{ID: "look/" + key, Lane: "inbox", Key: key, Due: later, Payload: []byte(key)}},
		})
	}
}

func openLog(t *testing.T) keep {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "log"))
	if err != nil {
		t.Fatal(err)
	}
	l := newRawLog(f)
	t.Cleanup(func() { l.stop(); _ = f.Close() })
	return func(_ string, value []byte) error { return l.add(value) }
}

func openBolt(t *testing.T) keep {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(t.TempDir(), "db"), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	rows := []byte("rows")
	if err := db.Update(func(tx *bbolt.Tx) error { _, err := tx.CreateBucket(rows); return err }); err != nil {
		t.Fatal(err)
	}
	db.MaxBatchSize = writers // all that wait share a transaction at once
	return func(key string, value []byte) error {
		return db.Batch(func(tx *bbolt.Tx) error { return tx.Bucket(rows).Put([]byte(key), value) })
	}
}
