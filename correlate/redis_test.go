package correlate_test

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
	"bellhop/correlate/redistest"
	"bellhop/internal/secret"
)

// dial reads as bellhop does, over the socket.
func dial(t *testing.T, s *redistest.Server) *correlate.Redis {
	t.Helper()
	return dialTo(t, s.Socket, s.Addr)
}

func dialTo(t *testing.T, socket, address string) *correlate.Redis {
	t.Helper()
	cfg := correlate.DefaultRedisConfig()
	cfg.Socket, cfg.Address = socket, address
	r := correlate.Dial(cfg, slog.New(slog.DiscardHandler))
	t.Cleanup(func() { _ = r.Close() })
	return r
}

const cluster = " mail1@1=%s nextcloud1@1=%s samba1@2=%s webtop1@2=%s"

// wanted is what every recorded state of a cluster comes to.
func wanted() map[string]string {
	on := func(a, b, c, d string) string { return fmt.Sprintf(cluster, a, b, c, d) }
	return map[string]string{
		"node-success.redis":      "backup SUCCESS settled -1800..-900" + on("ok", "ok", "ok", "ok"),
		"node-partial.redis":      "backup PARTIAL settled -1800..-900" + on("ok", "failed", "ok", "ok"),
		"node-repo-failure.redis": "backup REPO_FAILURE settled -900..-600" + on("failed", "failed", "failed", "failed"),
		"node-midrun.redis":       "backup PARTIAL unsettled -600..-5" + on("ok", "failed", "ok", "pending"),
		"node-damaged.redis": "backup PARTIAL settled -1800..-1500" + on("ok", "unknown", "unknown", "unknown") +
			"\n- left out, because no longer in the cluster: gone9" +
			"\n- the status cannot be read, because it is not JSON: nextcloud1" +
			"\n- the status cannot be read, because its total_size is negative: samba1" +
			"\n- the status cannot be read, because it is empty: webtop1",
		"module-partial.redis": "backup PARTIAL settled -1800..-1200" + on("ok", "ok", "failed", "ok"),
		"flat-partial.redis":   "backup PARTIAL settled -800..-600 mail1@=failed samba1@=ok webtop1@=ok",
		"flat-stale.redis": "backup REPO_FAILURE settled no_status mail1@=missing" +
			"\n- the newest status on record ended at 2026-09-19T14:13:20Z",
	}
}

func TestEveryRecordedClusterThroughARealRedis(t *testing.T) {
	files, err := filepath.Glob(filepath.Join("testdata", "ns8", "*.redis"))
	if err != nil || len(files) != len(wanted()) {
		t.Fatalf("%d files, %d expectations, %v", len(files), len(wanted()), err)
	}
	for _, file := range files {
		name := filepath.Base(file)
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := redistest.Start(t)
			s.Load(fixture(t, name), now())
			q := correlate.Query{Ref: plan("1")}
			f := lookAt(t, dial(t, s), q)
			same(t, told(f), wanted()[name])
			if recorded := look(t, fixture(t, name), q); !reflect.DeepEqual(f, recorded) {
				t.Errorf("a recorded state reads differently:\n%+v\n%+v", f, recorded)
			}
		})
	}
}

func TestFlatErrorTextIsShown(t *testing.T) {
	f := look(t, fixture(t, "flat-partial.redis"), correlate.Query{Ref: plan("1")})
	same(t, f.Modules[0].Error, "restic: Fatal: unable to open config file: <Stat: connection refused>")
}

// TestOnlyHarmlessCommands proves on the wire what is promised: no command that
// NethServer 8 denies, nothing under private/, no destination read as a whole.
func TestOnlyHarmlessCommands(t *testing.T) {
	s := redistest.Start(t)
	s.Load(fixture(t, "node-damaged.redis"), now())
	s.Load("HSET private/backup_status/1 x 1\nSET private/node/1/backup_status/1 x\n"+
		"HSET cluster/backup_repository/48ce000a-79b7-5fe6-8558-177fd70c27b4 password geheim aws_secret_access_key geheim\n"+
		"SADD cluster/backup/7/odd x", now())
	lines := monitor(t, s, func() {
		f := lookAt(t, dial(t, s), correlate.Query{Ref: plan("1")})
		if strings.Contains(fmt.Sprintf("%+v", f), "geheim") {
			t.Errorf("a password was read: %+v", f)
		}
		q := correlate.Query{}
		q.Ref.Name = "Nightly to B2"
		lookAt(t, dial(t, s), q)
	})
	for _, line := range lines {
		_, command, _ := strings.Cut(line, "] ")
		verb := strings.ToLower(strings.Trim(strings.Fields(command)[0], `"`))
		if !slices.Contains([]string{"hello", "scan", "get", "hmget", "hgetall", "smembers"}, verb) ||
			strings.Contains(line, "private") ||
			strings.Contains(line, "backup_repository") && verb != "hmget" {
			t.Error(line)
		}
	}
	if len(lines) < 10 {
		t.Errorf("the monitor saw only %q", lines)
	}
	if denied, err := s.Admin.Do(t.Context(), "ACL", "LOG").Slice(); err != nil || len(denied) > 0 {
		t.Errorf("Redis denied %v, %v", denied, err)
	}
}

// monitor returns the commands of everybody but the administrator during f.
func monitor(t *testing.T, s *redistest.Server, f func()) []string {
	t.Helper()
	conn, err := net.Dial("unix", s.Socket)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetDeadline(time.Now().Add(20 * time.Second))
	in := bufio.NewScanner(conn)
	user, password := s.Admin.Options().Username, s.Admin.Options().Password
	if _, err := fmt.Fprintf(conn, "AUTH %s %s\r\nMONITOR\r\n", user, password); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if !in.Scan() || in.Text() != "+OK" {
			t.Fatalf("monitor: %q, %v", in.Text(), in.Err())
		}
	}
	f()
	if err := s.Admin.Echo(t.Context(), "that was all").Err(); err != nil {
		t.Fatal(err)
	}
	var lines []string
	for in.Scan() {
		if strings.Contains(in.Text(), "that was all") {
			return lines
		}
		lines = append(lines, in.Text())
	}
	t.Fatal(in.Err())
	return nil
}

func TestAKeyOfAnotherTypeCostsThatKeyAlone(t *testing.T) {
	s := redistest.Start(t)
	s.Load(state("1 mail1 -90 -80 1")+"SET node/2/backup_status/1 x\nHSET module/mail1/ui_name a b\n"+
		"SET module/samba1/backup_status/1 x", now())
	f := lookAt(t, dial(t, s), correlate.Query{Ref: plan("1")})
	same(t, strings.ReplaceAll(told(f), "WRONGTYPE Operation against a key holding the wrong kind of value", "WRONGTYPE"),
		"backup REPO_FAILURE settled -90..-80 mail1@1=failed samba1@2=unknown webtop1@2=unknown\n"+
			"- the cluster's Redis does not let node/2/backup_status/1 be read: WRONGTYPE\n"+
			"- the cluster's Redis does not let module/samba1/backup_status/1 be read: WRONGTYPE\n"+
			"- the cluster's Redis does not let module/mail1/ui_name be read: WRONGTYPE\n"+
			"- the status cannot be read, because its key cannot be read: samba1, webtop1")
}

func TestAForbiddenKeyCostsThatKeyAlone(t *testing.T) {
	s := redistest.Start(t)
	s.Load(state("1 mail1 -90 -80 1", "2 samba1 -90 -70 0", "2 webtop1 -90 -70 0"), now())
	if err := s.Admin.Do(t.Context(), "ACL", "SETUSER", "default", "resetkeys",
		"%R~cluster/backup/*", "%R~cluster/module_node", "%R~node/1/*").Err(); err != nil {
		t.Fatal(err)
	}
	f := lookAt(t, dial(t, s), correlate.Query{Ref: plan("1")})
	got := told(f)
	first, notes, _ := strings.Cut(got, "\n")
	same(t, first, "backup REPO_FAILURE settled -90..-80 mail1@1=failed samba1@2=unknown webtop1@2=unknown")
	for _, key := range []string{"cluster/uuid", "cluster/ui_name", "node/2/backup_status/1", "module/mail1/ui_name"} {
		if !strings.Contains(notes, "does not let "+key+" be read: NOPERM") {
			t.Errorf("no note on %s in\n%s", key, notes)
		}
	}
}

func TestAForbiddenPlanIsNotGone(t *testing.T) {
	s := redistest.Start(t)
	s.Load(state("1 mail1 -90 -80 1")+"SET cluster/backup/2 x", now())
	f := lookAt(t, dial(t, s), correlate.Query{Ref: plan("2")})
	if !f.Known || !f.Enabled {
		t.Errorf("got %+v", f)
	}
}

func TestRedisAbsentIsAnErrorAtOnce(t *testing.T) {
	start := time.Now()
	_, err := correlate.New(dialTo(t, "", "127.0.0.1:1"), correlate.DefaultConfig(), now).
		Look(t.Context(), correlate.Query{Ref: plan("1")})
	if err == nil || !strings.Contains(err.Error(), "127.0.0.1:1") || !strings.Contains(err.Error(), "redis.address") {
		t.Errorf("got %v", err)
	}
	if took := time.Since(start); took > 5*time.Second { // no retries one after another
		t.Errorf("it took %s", took)
	}
}

func TestAWrongPasswordIsAnErrorThatDoesNotShowIt(t *testing.T) {
	s := redistest.Start(t)
	cfg := correlate.DefaultRedisConfig()
	cfg.Address, cfg.Password = s.Addr, secret.New("geheim")
	r := correlate.Dial(cfg, slog.New(slog.DiscardHandler))
	defer func() { _ = r.Close() }()
	_, err := correlate.New(r, correlate.DefaultConfig(), now).Look(t.Context(), correlate.Query{Ref: plan("1")})
	if err == nil || strings.Contains(err.Error(), "geheim") || !strings.Contains(err.Error(), "redis.password") {
		t.Errorf("got %v", err)
	}
}

func TestRedisKilledMidwayAndBack(t *testing.T) {
	s := redistest.Start(t)
	s.Load(fixture(t, "node-partial.redis"), now())
	c := correlate.New(dial(t, s), correlate.DefaultConfig(), now)
	q := correlate.Query{Ref: plan("1"), Accepted: now()}
	if _, err := c.Look(t.Context(), q); err != nil {
		t.Fatal(err)
	}
	s.Stop()
	for range 20 { // more than any pool of connections hides
		if f, err := c.Look(t.Context(), q); err == nil {
			t.Fatalf("found %+v without Redis", f)
		}
	}
	s.Restart()
	for end := time.Now().Add(10 * time.Second); ; {
		f, err := c.Look(t.Context(), q)
		if err == nil {
			same(t, told(f), wanted()["node-partial.redis"])
			return
		}
		if time.Now().After(end) {
			t.Fatal(err)
		}
	}
}

func TestSlowRedisIsAnErrorWithinTheDeadline(t *testing.T) {
	s := redistest.Start(t)
	s.Load(fixture(t, "node-partial.redis"), now())
	c := correlate.New(dialTo(t, "", slow(t, s.Addr, 100*time.Millisecond)), correlate.DefaultConfig(), now)
	q := correlate.Query{Ref: plan("1"), Accepted: now()}
	if _, err := c.Look(t.Context(), q); err != nil {
		t.Fatalf("slow, but in time: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 150*time.Millisecond)
	defer cancel()
	start := time.Now()
	if f, err := c.Look(ctx, q); err == nil {
		t.Fatalf("found %+v", f)
	}
	if took := time.Since(start); took > 2500*time.Millisecond { // less than the client's own timeout
		t.Errorf("it took %s", took)
	}
}

func TestADeadRedisEndsByItsOwnTimeout(t *testing.T) {
	c := correlate.New(dialTo(t, "", slow(t, "", 0)), correlate.DefaultConfig(), now)
	start := time.Now()
	_, err := c.Look(t.Context(), correlate.Query{Ref: plan("1")})
	var timeout net.Error
	if took := time.Since(start); !errors.As(err, &timeout) || !timeout.Timeout() || took > 20*time.Second {
		t.Errorf("got %v after %s", err, took)
	}
}

// slow stands before a Redis and holds every answer up; without an address it
// takes connections and says nothing.
func slow(t *testing.T, address string, delay time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	go func() {
		for {
			near, err := l.Accept()
			if err != nil {
				return
			}
			t.Cleanup(func() { _ = near.Close() })
			if address != "" {
				go relay(near, address, delay)
			}
		}
	}()
	return l.Addr().String()
}

func relay(near net.Conn, address string, delay time.Duration) {
	far, err := net.Dial("tcp", address)
	if err != nil {
		_ = near.Close()
		return
	}
	go func() { _, _ = io.Copy(far, near); _ = far.Close() }()
	b := make([]byte, 64<<10)
	for {
		n, err := far.Read(b)
		if err != nil {
			_ = near.Close()
			return
		}
		time.Sleep(delay)
		if _, err := near.Write(b[:n]); err != nil {
			_ = far.Close()
			return
		}
	}
}

func TestTheSocketOfNoNS8GivesWayToTheAddress(t *testing.T) {
	s := redistest.Start(t)
	s.Load(fixture(t, "node-success.redis"), now())
	missing := filepath.Join(t.TempDir(), "redis.sock")
	f := lookAt(t, dialTo(t, missing, s.Addr), correlate.Query{Ref: plan("1")})
	same(t, told(f), wanted()["node-success.redis"])

	cfg := correlate.DefaultRedisConfig()
	cfg.Socket = missing
	if w := cfg.Warnings(); len(w) != 1 || w[0].Key != "socket" || !strings.Contains(w[0].Text, cfg.Address) {
		t.Errorf("got %+v", w)
	}
	cfg.Socket = s.Socket
	if w := cfg.Warnings(); len(w) != 0 {
		t.Errorf("got %+v of a socket that is there", w)
	}
}

func TestRecordedStateGlobsAsRedisDoes(t *testing.T) {
	s := redistest.Start(t)
	text := "SET node/1/a 1\nSET node/2/x/a 1\nSET node/*/a 1\nSET node/?/a 1\nSET node/[1]/a 1\n" + `SET node/\/a 1`
	s.Load(text, now())
	r, err := recorded.New(text, now())
	if err != nil {
		t.Fatal(err)
	}
	for _, pattern := range []string{"node/*", "node/*/a", `node/\*/a`, `node/\?/a`, `node/\[1\]/a`, `node/\\/a`, "node"} {
		want, err := dial(t, s).Keys(t.Context(), pattern)
		if err != nil {
			t.Fatal(err)
		}
		if got, err := r.Keys(t.Context(), pattern); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: got %q, want %q, %v", pattern, got, want, err)
		}
	}
}

func TestManyKeysAreReadInPages(t *testing.T) {
	s := redistest.Start(t)
	var b strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&b, "SET module/m%d/noise x\n", i)
	}
	s.Load(b.String()+fixture(t, "node-partial.redis"), now())
	same(t, told(lookAt(t, dial(t, s), correlate.Query{Ref: plan("1")})), wanted()["node-partial.redis"])
}
