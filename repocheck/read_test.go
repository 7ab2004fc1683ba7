package repocheck

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/templates/wordstest"
)

// recorded is what a real restic left; 124 is what stopped it after 20 s, as our
// deadline would.
func recorded(t *testing.T, dir string) output {
	t.Helper()
	file := func(name string) []byte {
		b, err := os.ReadFile(filepath.Join(dir, name))
		if err != nil {
			t.Fatal(err)
		}
		return b
	}
	exit, err := strconv.Atoi(strings.TrimSpace(string(file("exit"))))
	if err != nil {
		t.Fatal(err)
	}
	return output{stdout: file("stdout"), stderr: file("stderr"), exit: exit, late: exit == 124}
}

func TestR3EveryRecordedAnswerOfBothGenerations(t *testing.T) {
	dirs, err := filepath.Glob("testdata/restic/*/*")
	if err != nil {
		t.Fatal(err)
	}
	var got strings.Builder
	for _, dir := range dirs {
		o := recorded(t, dir)
		v := read(o)
		cause := string(v.cause)
		if v.readable {
			cause = strings.TrimSpace("readable " + cause)
		}
		fmt.Fprintf(&got, "%s: %s\n", strings.TrimPrefix(dir, "testdata/restic/"), cause)
		if said := show(v.line); said != "" {
			fmt.Fprintf(&got, "  says: %s\n", said)
		}
		if text := v.note.Text + v.advice.Text; text != "" {
			fmt.Fprintf(&got, "  note: %s\n", text)
		}
		if strings.HasSuffix(dir, "snapshots") || strings.HasSuffix(dir, "snapshots-latest") {
			newest, err := newestSnapshot(o)
			fmt.Fprintf(&got, "  newest: %s, %v\n", newest.Format(time.RFC3339), err)
		}
		if strings.Contains(dir, "list-locks") {
			fmt.Fprintf(&got, "  locks: %d\n", locks(o.stdout))
		}
	}
	want, err := os.ReadFile("testdata/verdicts.golden")
	if err != nil {
		t.Fatal(err)
	}
	if got.String() != string(want) {
		t.Errorf("got:\n%s\nwant:\n%s", got.String(), want)
	}
}

func TestR3TextsOfTheFieldTellTheCause(t *testing.T) {
	const config = "Fatal: unable to open config file: "
	const where = "\nIs there a repository at the following location?\nrest:http://127.0.0.1:4694/uuid/mail/uuid/\n"
	for _, c := range []struct {
		name   string
		exit   int
		stderr string
		cause  event.Cause
		says   string
	}{
		{"gateway 502 of 0.14", 1, config + "unexpected HTTP response (502): 502 Bad Gateway" + where, event.CauseUnreachable, "unable to open config file: unexpected HTTP response (502): 502 Bad Gateway"},
		{"403", 1, config + "unexpected HTTP response (403): 403 Forbidden" + where, event.CauseDenied, "403"},
		{"401", 1, `{"message_type":"exit_error","code":1,"message":"Fatal: unable to open config file: unexpected HTTP response (401): 401 Unauthorized\nrest:http://127.0.0.1:4694/x"}`, event.CauseDenied, "401"},
		{"bucket says no", 1, config + "Stat: Access Denied." + where, event.CauseDenied, "Access Denied"},
		{"404", 1, config + "<config/> does not exist" + where, event.CauseNoRepository, "<config/> does not exist"},
		{"10 behind a network fault is unreachable", 10, config + "dial tcp 10.0.0.9:443: connect: connection refused" + where, event.CauseUnreachable, "connection refused"},
		{"10 without a known text", 10, "Fatal: nothing here\n", event.CauseNoRepository, "nothing here"},
		{"no name", 1, config + "dial tcp: lookup nas.example.org: no such host" + where, event.CauseUnreachable, "no such host"},
		{"i/o timeout", 1, config + "read tcp: i/o timeout" + where, event.CauseUnreachable, "i/o timeout"},
		{"EOF", 1, config + `Head "http://127.0.0.1:4694/x/config": EOF` + where, event.CauseUnreachable, `Head "the node's gateway": EOF`},
		{"retries, then another end", 12, "Stat(<config/>) returned error, retrying after 1s: dial tcp: connection refused\n" +
			`{"message_type":"exit_error","code":12,"message":"Fatal: wrong password or no key found"}`, event.CauseWrongPassword, "wrong password"},
		{"retries, then denied, by text", 1, "Stat(<config/>) returned error, retrying after 1s: dial tcp: connection refused\nFatal: unable to open config file: 403 Forbidden\n", event.CauseDenied, "403"},
		{"noise, then JSON", 11, "Warning: Permanently added 'nas'\n" + `{"message_type":"exit_error","code":11,"message":"unable to create lock in backend: repository is already locked by PID 1"}`, event.CauseLocked, "already locked"},
		{"full", 1, "Fatal: write /srv/x: no space left on device\n", event.CauseNoSpace, "no space"},
		{"507 is full, not away", 1, "Fatal: unexpected HTTP response (507): 507 Insufficient Storage\n", event.CauseNoSpace, "507"},
		{"damaged key", 1, "Fatal: config or key 1234 is damaged: ciphertext verification failed\n", event.CauseDamaged, "is damaged"},
		{"unknown code", 99, "Fatal: the moon is full\n", "", "the moon is full"},
		{"interrupted by somebody", 130, "signal interrupt received, cleaning up\n", "", "signal interrupt"},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := read(output{exit: c.exit, stderr: []byte(c.stderr)})
			if v.readable || v.cause != c.cause || !strings.Contains(show(v.line), c.says) {
				t.Fatalf("got %+v", v)
			}
			if v.note.Text != "" {
				wordstest.SaysTheSame(t, v.answer("mail1").Note)
			}
			if (v.cause == "") == (v.note.Text == "") {
				t.Fatalf("a note exactly when no cause is told: %+v", v)
			}
		})
	}
}

func TestR3AtOurDeadlineTheRetriesTellUnreachable(t *testing.T) {
	const retry = "Stat(<config/>) returned error, retrying after 1.07s: "
	for _, c := range []struct {
		name, stderr string
		cause        event.Cause
		says         string
	}{
		{"known text", retry + `Head "http://:***@127.0.0.1:4694/u/config": unexpected HTTP response (502): 502 Bad Gateway`, event.CauseUnreachable, `Head "the node's gateway": unexpected HTTP response (502): 502 Bad Gateway`},
		{"unknown text", retry + "the moon is full\n", event.CauseUnreachable, "the moon is full"},
		{"as JSON", `{"message_type":"error","message":"` + retry + `the moon is full"}`, event.CauseUnreachable, "the moon is full"},
		{"silence", "", "", ""},
		{"what it says because we end it", "signal terminated received, cleaning up\nFatal: unable to open config file: context canceled\nIs there a repository at the following location?\n/srv\n", "", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			v := read(output{exit: 130, late: true, stderr: []byte(c.stderr)})
			if v.readable || v.cause != c.cause || show(v.line) != c.says || (v.cause == "") == (v.note.Text == "") {
				t.Fatalf("got %+v", v)
			}
		})
	}
}

func TestWhatStandsBeforeResticNamesNoCauseButWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name   string
		exit   int
		stderr string
		note   string
	}{
		{"module of another node", 1, "runagent: [FATAL] Cannot find module mail9 in the local node\n", "Cannot find module mail9"},
		{"old wrapper", 1, "unknown flag: --module\n", "update the core to 3.21.0"},
		{"old wrapper without a path", 2, "Path for Restic repository not found. Consider using --repopath argument.\n", "update the core to 3.21.0"},
		{"unknown module", 2, "Module not found: mail9\n", "refused: Module not found: mail9"},
		{"unknown plan", 2, "Destination not found. Consider using --backup or --destination arguments.\n", "refused: Destination not found"},
		{"Redis away is not the destination away", 1, "Traceback (most recent call last):\n  File \"x\"\nredis.exceptions.ConnectionError: Error 111 connecting to 127.0.0.1:6379. Connection refused.\n", "broke off: redis.exceptions"},
		{"image cannot be pulled", 125, "Error: lookup ghcr.io: no such host\n", "could not be started: Error: lookup ghcr.io"},
		{"crash", 2, "panic: runtime error: slice bounds out of range\n\ngoroutine 1 [running]:\n", "restic crashed"},
		{"killed", -1, "", "killed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := read(output{exit: c.exit, stderr: []byte(c.stderr), stdout: []byte("usage: restic-wrapper\n")}).answer("mail1")
			if a.Cause != "" || !strings.Contains(a.Note.Text, c.note) {
				t.Fatalf("got %+v", a)
			}
			wordstest.SaysTheSame(t, a.Note)
		})
	}
}

func TestASnapshotThatCannotBeLoadedIsDamageThoughResticEndsWell(t *testing.T) {
	v := read(output{stderr: []byte("could not load snapshot 026ffd33: load <snapshot/026ffd332c>: invalid data returned\n")})
	if !v.readable || v.cause != event.CauseDamaged {
		t.Fatalf("got %+v", v)
	}
}
