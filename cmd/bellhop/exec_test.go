package main

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"bellhop/config"
	"bellhop/internal/retry"
	"bellhop/sinks"
)

type fakeSettings struct {
	From    string   `koanf:"from"`
	To      []string `koanf:"to"`
	Prefix  string   `koanf:"subject_prefix"`
	Command []string `koanf:"command"`
}

type fakeSink struct{ targets []string }

func (s fakeSink) Targets() []string { return s.targets }

func (s fakeSink) Send(context.Context, sinks.Message) (sinks.Receipt, error) {
	return sinks.Receipt{}, errors.New("nothing is sent here")
}

func fakeKind(name string, limit retry.Limit) sinks.Kind {
	return sinks.Kind{
		Name:     name,
		Limit:    limit,
		Settings: func() any { return &fakeSettings{} },
		New: func(_ string, settings any, _ sinks.Deps) (sinks.Sink, error) {
			to := settings.(*fakeSettings).To
			if to[0] == "unbuildable" {
				return nil, errors.New("read its certificates: there are none")
			}
			return fakeSink{targets: to}, nil
		},
	}
}

type result struct {
	code     int
	out, err string
}

// try runs bellhop with kinds that send nothing.
func try(args []string, environ ...string) result {
	var out, err strings.Builder
	code := exec(context.Background(), args, process{
		in: strings.NewReader(""), out: &out, err: &err, environ: environ,
		kinds: []sinks.Kind{
			fakeKind("ns8-sendmail", retry.Limit{N: 30, Per: time.Minute, Burst: 10}),
			fakeKind("fake", retry.Limit{}),
		},
	})
	return result{code: code, out: out.String(), err: err.String()}
}

func TestExec(t *testing.T) {
	const warning = "warning: testdata/full.yml:2: redis.socket: names a socket that is not there; " +
		"127.0.0.1:6379 is used instead: leave it out: NethServer 8 has no Redis socket\n"
	for name, c := range map[string]struct {
		args    string
		environ []string
		want    result
	}{
		"check tells what would run": {args: "check --config testdata/full.yml", want: result{0, `testdata/full.yml: ok
listens on 127.0.0.1:9099
reads the cluster's Redis at /run/redis/redis.sock where that is there, else at 127.0.0.1:6379
keeps its queue in /var/lib/bellhop
sink mail: ns8-sendmail, 2 targets, at most 30 in 1m, 10 at once, gives up after 24h
sink pager: fake, 1 target, at most 5 in 1h30m, 1 at once, gives up after 2h, tells mail instead when it does or after 10m
routes.0: outcome="REPO_FAILURE" and plan="1" to pager, mail, then on
routes.1: everything to mail
`, warning}},
		"check takes the environment": {
			args: "--config testdata/mail.yml check", environ: []string{"BELLHOP_RECEIVER__PORT=9100", "BELLHOP_QUEUE__PATH=/tmp/q"},
			want: result{0, `testdata/mail.yml: ok
listens on 127.0.0.1:9100
reads the cluster's Redis at 127.0.0.1:6379
keeps its queue in /tmp/q
sink mail: ns8-sendmail, 1 target, at most 30 in 1m, 10 at once, gives up after 24h
no routes: every sink hears everything
`, ""}},
		"check tells every fault": {args: "check --config testdata/bad.yml", want: result{2, "",
			"testdata/bad.yml:2: receiver.prot: there is no such key: did you mean port?\n" +
				"testdata/bad.yml:4: mail.too: there is no such key: did you mean to?\n"}},
		"check builds the sinks": {args: "check --config testdata/unbuildable.yml", want: result{2, "",
			"testdata/unbuildable.yml: sinks.pager: read its certificates: there are none\n"}},
		"check without a file": {args: "check --config testdata/none.yml", want: result{2, "",
			"testdata/none.yml: is not there: write it (`bellhop config example` prints one) or name another with --config\n"}},
		"unknown command": {args: "chek", want: result{2, "",
			"bellhop: unknown command \"chek\" for \"bellhop\"\n\nDid you mean this?\n\tcheck\n\nSee `bellhop --help`.\n"}},
		"unknown flag": {args: "check --confg x", want: result{2, "",
			"bellhop: unknown flag: --confg\nSee `bellhop check --help`.\n"}},
		"flag without value": {args: "check --config", want: result{2, "",
			"bellhop: flag needs an argument: --config\nSee `bellhop check --help`.\n"}},
		"argument too many": {args: "version now", want: result{2, "",
			"bellhop: unknown command \"now\" for \"bellhop version\"\nSee `bellhop version --help`.\n"}},
		"config alone": {args: "config", want: result{2, "",
			"bellhop: config alone does nothing: try `bellhop config example`\nSee `bellhop config --help`.\n"}},
		"config misspelt": {args: "config exmple", want: result{2, "",
			"bellhop: unknown command \"exmple\" for \"bellhop config\"\nSee `bellhop config --help`.\n"}},
		"example": {args: "config example", want: result{0, config.Example(), ""}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := try(strings.Fields(c.args), c.environ...); got != c.want {
				t.Errorf("got %d\n%s\n%s\nwant %d\n%s\n%s", got.code, got.out, got.err, c.want.code, c.want.out, c.want.err)
			}
		})
	}
}

func TestVersionNamesGoAndCommit(t *testing.T) {
	got := try([]string{"version"})
	if got.code != 0 || !strings.HasPrefix(got.out, "bellhop dev\ncommit ") || !strings.Contains(got.out, runtime.Version()) {
		t.Errorf("got %+v", got)
	}
}

func TestHelpGoesToStandardOutput(t *testing.T) {
	for _, args := range [][]string{{}, {"--help"}, {"help", "check"}} {
		got := try(args)
		if got.code != 0 || got.err != "" || !strings.Contains(got.out, "--config file") {
			t.Errorf("%v: got %+v", args, got)
		}
	}
}

func TestPrintedExampleIsOk(t *testing.T) {
	file := filepath.Join(t.TempDir(), "config.yml")
	printed := strings.Replace(try([]string{"config", "example"}).out, "burst: 10\n", "burst: 9\n", 1)
	if err := os.WriteFile(file, []byte(printed), 0o600); err != nil {
		t.Fatal(err)
	}
	got := try([]string{"check", "--config", file})
	if got.code != 0 || got.err != "" || !strings.Contains(got.out, "at most 30 in 1m, 9 at once") {
		t.Errorf("got %+v", got)
	}
}

type brokenPipe struct{}

func (brokenPipe) Write([]byte) (int, error) { return 0, errors.New("broken pipe") }

func TestWhatCannotBePrintedIsAFault(t *testing.T) {
	var said strings.Builder
	code := exec(context.Background(), []string{"config", "example"}, process{out: brokenPipe{}, err: &said})
	if code != codeFault || said.String() != "bellhop: broken pipe\n" {
		t.Errorf("got %d, %q", code, said.String())
	}
}
