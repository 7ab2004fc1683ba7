package disk_test

import (
	"bufio"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"bellhop/router/queue"
)

const (
	// killDir names, for the child, the folder in which it works until it is killed.
	killDir   = "BELLHOP_TEST_KILL_DIR"
	killRound = "BELLHOP_TEST_KILL_ROUND"
	rounds    = 20
)

// TestAKillLosesNothing kills, again and again, a process that works on one
// folder, and compares what it was told to be done with what is there.
func TestAKillLosesNothing(t *testing.T) {
	if dir := os.Getenv(killDir); dir != "" {
		workUntilKilled(t, dir, os.Getenv(killRound))
		return
	}
	dir := t.TempDir()
	said := map[string]string{} // by id: the last that was acknowledged
	for round := range rounds {
		acks := killAtSomeMoment(t, dir, round)
		if len(acks) == 0 {
			t.Fatalf("round %d: nothing was acknowledged before the kill", round)
		}
		for _, ack := range acks {
			word, id, _ := strings.Cut(ack, " ")
			if word == "put" && said[id] != "" {
				continue // the put's answer was printed after a worker's
			}
			said[id] = word
		}
		checkAfterKill(t, dir, said)
	}
	t.Logf("%d jobs in %d rounds", len(said), rounds)
}

// killAtSomeMoment runs the child and returns the whole lines that it printed.
func killAtSomeMoment(t *testing.T, dir string, round int) (acks []string) {
	t.Helper()
	cmd := exec.Command(os.Args[0], "-test.run=^TestAKillLosesNothing$")
	cmd.Env = append(os.Environ(), killDir+"="+dir, fmt.Sprintf("%s=%d", killRound, round))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewReader(out)
	for first := true; ; first = false {
		line, err := lines.ReadString('\n')
		if err == io.EOF {
			break // what stands in line is half a line
		}
		if err != nil {
			t.Fatal(err)
		}
		acks = append(acks, strings.TrimSpace(line))
		if first {
			time.AfterFunc(rand.N(120*time.Millisecond), func() { _ = cmd.Process.Kill() })
		}
	}
	if err := cmd.Wait(); err == nil || cmd.ProcessState.Exited() {
		t.Fatalf("round %d: the child ended by itself: %v", round, err)
	}
	return acks
}

// workUntilKilled puts, leases, begins and ends, and says on stdout what was
// acknowledged. A write to a pipe of so few bytes is whole.
func workUntilKilled(t *testing.T, dir, round string) {
	e := open(t, dir, time.Now)
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := 0; ; i++ {
				id := fmt.Sprintf("%s-%d-%d", round, w, i)
				if err := e.Do(t.Context(), killStep(id, i)); err != nil {
					t.Errorf("put: %v", err)
					return
				}
				fmt.Printf("put %s\n", id)
			}
		})
	}
	for range 2 {
		wg.Go(func() { workOff(t, e) })
	}
	wg.Wait()
}

// killStep puts a job and writes two rows that must agree.
func killStep(id string, i int) queue.Step {
	return queue.Step{
		Put: []queue.Job{{ID: id, Lane: "l", Key: fmt.Sprint(i % 7), Keep: true, Payload: []byte(id)}},
		Set: []queue.Row{{Key: "a/" + id, Value: []byte(id)}, {Key: "b/" + id, Value: []byte(id)}},
	}
}

func workOff(t *testing.T, e queue.Engine) {
	for {
		if err := e.Wait(t.Context(), "l"); err != nil {
			t.Errorf("wait: %v", err)
			return
		}
		leases, err := e.Lease(t.Context(), "l", 1)
		if err != nil {
			t.Errorf("lease: %v", err)
			return
		}
		for _, l := range leases {
			if err := e.Begin(t.Context(), l); err != nil {
				t.Errorf("begin: %v", err)
				return
			}
			fmt.Printf("begin %s\n", l.ID)
			end := queue.Step{
				Ends: []queue.End{{Lease: l, Attempt: &queue.Attempt{At: time.Now(), Status: "ok"}}},
				Set:  []queue.Row{{Key: "end/" + l.ID, Value: []byte("ok")}},
			}
			if err := e.Do(t.Context(), end); err != nil {
				t.Errorf("end: %v", err)
				return
			}
			fmt.Printf("end %s\n", l.ID)
		}
	}
}

func checkAfterKill(t *testing.T, dir string, said map[string]string) {
	t.Helper()
	e := open(t, dir, time.Now)
	defer e.Close()
	jobs := everyJob(t, e)
	for id, word := range said {
		j, there := jobs[id]
		switch {
		case !there:
			t.Errorf("job %s was acknowledged (%s) and is gone", id, word)
		case word == "begin" && j.Begun.IsZero() && j.State == queue.Queued:
			t.Errorf("job %s had begun, and nothing says so", id)
		case word == "end" && (j.State != queue.Sent || len(j.Attempts) != 1):
			t.Errorf("job %s was ended and is %+v", id, j)
		}
	}
	checkWholeSteps(t, e, jobs)
	checkLane(t, e, jobs)
}

func everyJob(t *testing.T, e queue.Engine) map[string]queue.Job {
	t.Helper()
	list, err := e.Jobs(t.Context(), queue.JobQuery{})
	if err != nil {
		t.Fatal(err)
	}
	jobs := map[string]queue.Job{}
	for _, j := range list {
		if _, twice := jobs[j.ID]; twice || string(j.Payload) != j.ID {
			t.Errorf("job %s is there twice or torn", j.ID)
		}
		jobs[j.ID] = j
	}
	return jobs
}

// checkWholeSteps fails when a step happened by halves.
func checkWholeSteps(t *testing.T, e queue.Engine, jobs map[string]queue.Job) {
	t.Helper()
	for prefix, wanted := range map[string]func(queue.Job) bool{
		"a/":   func(queue.Job) bool { return true },
		"b/":   func(queue.Job) bool { return true },
		"end/": func(j queue.Job) bool { return j.State == queue.Sent },
	} {
		rows, err := e.Scan(t.Context(), queue.RowQuery{Prefix: prefix})
		if err != nil {
			t.Fatal(err)
		}
		want := 0
		for _, j := range jobs {
			if wanted(j) {
				want++
			}
		}
		for _, row := range rows {
			if j, there := jobs[strings.TrimPrefix(row.Key, prefix)]; !there || !wanted(j) {
				t.Errorf("row %s is there without the rest of its step", row.Key)
			}
		}
		if len(rows) != want {
			t.Errorf("%d rows %s…, want %d", len(rows), prefix, want)
		}
	}
}

// checkLane fails when what the lane counts and hands out is not what waits in it.
func checkLane(t *testing.T, e queue.Engine, jobs map[string]queue.Job) {
	t.Helper()
	oldest := map[string]queue.Job{} // of each key
	waiting := 0
	for _, j := range jobs {
		if j.State != queue.Queued {
			continue
		}
		waiting++
		if o, ok := oldest[j.Key]; !ok || j.Seq < o.Seq {
			oldest[j.Key] = j
		}
	}
	if s, err := e.Lanes(t.Context(), "l"); err != nil || len(s) > 0 && s[0].Depth != waiting || len(s) == 0 && waiting > 0 {
		t.Errorf("stats %+v, error %v, want %d waiting", s, err, waiting)
	}
	leases, err := e.Lease(t.Context(), "l", len(jobs))
	if err != nil || len(leases) != len(oldest) {
		t.Fatalf("%d leases, error %v, want the first of %d keys", len(leases), err, len(oldest))
	}
	for _, l := range leases {
		if l.ID != oldest[l.Key].ID || l.Heard != !l.Begun.IsZero() {
			t.Errorf("key %s: leased %s (heard %t), want %s", l.Key, l.ID, l.Heard, oldest[l.Key].ID)
		}
	}
}
