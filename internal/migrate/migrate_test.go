package migrate_test

import (
	"crypto/x509"
	"encoding/pem"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"time"

	"bellhop/config"
	"bellhop/internal/migrate"
	"bellhop/sinks"
	"bellhop/sinks/all"
	"bellhop/sinks/exec"
)

func monitor(file string) (string, error) { return migrate.BackupMonitor(file, all.Kinds()) }

// golden compares with a file. With UPDATE_GOLDEN=1 in the environment it writes the
// file instead; look at the difference before you commit it.
func golden(t *testing.T, file, got string) {
	t.Helper()
	if os.Getenv("UPDATE_GOLDEN") == "1" {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s holds\n%s\nbut this was made:\n%s", file, want, got)
	}
}

// loaded is what bellhop makes of what was printed.
func loaded(t *testing.T, text string) *config.Config {
	t.Helper()
	c, warnings, err := config.Load(written(t, text), nil, all.Kinds())
	if err != nil || len(warnings) > 0 {
		t.Fatalf("%v %v\n%s", err, warnings, text)
	}
	return c
}

// written is a file with that text.
func written(t *testing.T, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "config.yml")
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestWhatIsMadeOfAFile(t *testing.T) {
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for file, translate := range map[string]func(string) (string, error){
		"executor.yml":    migrate.AmExecutor,
		"odd.yml":         migrate.AmExecutor,
		"key.txt":         migrate.RoutingKeys,
		"keys.txt":        migrate.RoutingKeys,
		"monitor.yml":     monitor,
		"monitor-all.yml": monitor,
	} {
		t.Run(file, func(t *testing.T) {
			got, err := translate("testdata/" + file)
			if err != nil {
				t.Fatal(err)
			}
			golden(t, filepath.Join("testdata", file+".golden"), strings.ReplaceAll(got, here, "/HERE"))
			for _, secret := range []string{"R0AAAA", "R0BBBB", "short-key", "s3cret"} {
				if strings.Contains(got, secret) {
					t.Errorf("it repeats %s", secret)
				}
			}
		})
	}
}

func TestBellhopTakesTheCommands(t *testing.T) {
	text, err := migrate.AmExecutor("testdata/odd.yml")
	if err != nil {
		t.Fatal(err)
	}
	c := loaded(t, text)
	if c.Receiver.Address() != "[::1]:9000" || len(c.Sinks) != 5 {
		t.Fatalf("got %+v", c)
	}
	conf := func(name string) exec.Config {
		for _, s := range c.Sinks {
			if s.Name == name {
				return *s.Settings.(*exec.Config)
			}
		}
		t.Fatalf("there is no sink %s", name)
		return exec.Config{}
	}
	want := exec.DefaultConfig()
	want.Command, want.On, want.ResolvedSignal = "examples/reboot", []string{"open", "repeat"}, "10"
	want.NotifyOnFailure = false
	want.Args = []string{"10", "yes", "", "two words", `it's "quoted": # & *`, "--flag=ä\n"}
	want.MatchLabels = map[string]string{"severity": "1", "on": "off", "ünï": "ж: #", "null_value": ""}
	for _, name := range []string{"reboot", "reboot-2"} {
		if got := conf(name); !reflect.DeepEqual(got, want) {
			t.Errorf("%s: got %+v, want %+v", name, got, want)
		}
	}
	if got := conf("reboot-3"); !got.NotifyOnFailure {
		t.Errorf("got %+v", got)
	}
	if got := conf("mail-2"); !got.IgnoreResolved || got.Command != "/opt/mail" {
		t.Errorf("got %+v", got)
	}
	if got := conf("command"); got.Command != "/opt/команда" {
		t.Errorf("got %+v", got)
	}
}

func TestBellhopTakesTheExampleOfPrometheusAmExecutor(t *testing.T) {
	text, err := migrate.AmExecutor("testdata/executor.yml")
	if err != nil {
		t.Fatal(err)
	}
	c := loaded(t, withCertificate(t, text))
	if c.Receiver.Host != "" || c.Receiver.Port != 23222 || c.Logging.Level != "DEBUG" || len(c.Sinks) != 3 {
		t.Errorf("got %+v", c)
	}
	if c.Receiver.WebConfigFile == "" || len(c.Receiver.AlertNames) != 0 || c.Receiver.OtherAlerts != "forward" || c.Correlator.Subscribe || c.RepoCheck.Enabled {
		t.Errorf("got %+v", c)
	}
	if _, _, err := config.Load(written(t, text), nil, all.Kinds()); err == nil || !strings.Contains(err.Error(), "web_config_file") {
		t.Errorf("without its file it would speak plain HTTP: %v", err)
	}
}

// withCertificate does what the text asks for where HTTPS is to go on: it writes the file,
// and a certificate where that says.
func withCertificate(t *testing.T, text string) string {
	t.Helper()
	const name = "/etc/bellhop/web.yml"
	_, rest, ok := strings.Cut(text, "  #   tls_server_config:\n")
	lines, _, end := strings.Cut(rest, "  web_config_file: "+name+"\n")
	if !ok || !end {
		t.Fatalf("no lines for a file are in\n%s", text)
	}
	dir := t.TempDir()
	web := "tls_server_config:\n" + strings.ReplaceAll(lines, "  #   ", "")
	if err := os.WriteFile(filepath.Join(dir, "web.yml"), []byte(web), 0o600); err != nil {
		t.Fatal(err)
	}
	identity(t, filepath.Join(dir, "certs"))
	return strings.ReplaceAll(text, name, filepath.Join(dir, "web.yml"))
}

// identity writes a certificate and its key.
func identity(t *testing.T, dir string) {
	t.Helper()
	lent := httptest.NewUnstartedServer(nil)
	lent.StartTLS()
	defer lent.Close()
	pair := lent.TLS.Certificates[0]
	key, err := x509.MarshalPKCS8PrivateKey(pair.PrivateKey)
	if err == nil {
		err = os.Mkdir(dir, 0o700)
	}
	for name, block := range map[string]*pem.Block{
		"cert.pem": {Type: "CERTIFICATE", Bytes: pair.Certificate[0]}, "key.pem": {Type: "PRIVATE KEY", Bytes: key},
	} {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, name), pem.EncodeToMemory(block), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
}

func TestBellhopTakesTheKeys(t *testing.T) {
	for n, keys := range map[int]string{
		1: "R0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA1\r\n",
		3: "R0AAAAAAAAAAAAAAAAAAAAAAAAAAAAA1\nR0BBBBBBBBBBBBBBBBBBBBBBBBBBBBB2\n\nR0CCCCCCCCCCCCCCCCCCCCCCCCCCCCC3",
	} {
		text, err := migrate.RoutingKeys(written(t, keys))
		if err != nil {
			t.Fatal(err)
		}
		c := loaded(t, text)
		if len(c.Sinks) != 1 || c.Sinks[0].Kind.Name != "pagerduty" {
			t.Fatalf("got %+v", c)
		}
		sink, err := c.Sinks[0].Kind.New("oncall", c.Sinks[0].Settings, sinks.Deps{Log: slog.New(slog.DiscardHandler), Now: time.Now, Client: http.DefaultClient})
		if err != nil || len(sink.Targets()) != n {
			t.Errorf("of %d keys it has %v, %v", n, sink.Targets(), err)
		}
	}
}

func TestBellhopUnderstandsTheSameAsBefore(t *testing.T) {
	for _, file := range []string{"testdata/monitor.yml", "testdata/monitor-all.yml"} {
		before, _, err := config.Load(file, nil, all.Kinds())
		if err != nil {
			t.Fatal(err)
		}
		text, err := monitor(file)
		if err != nil {
			t.Fatal(err)
		}
		after := loaded(t, text)
		before.Redis.Socket = ""                     // it is not there
		before.Redis.Password = after.Redis.Password // it is not repeated
		before.Sinks[0].Kind, after.Sinks[0].Kind = all.Kinds()[0], all.Kinds()[0]
		before.Sinks[0].Kind.Settings, after.Sinks[0].Kind.Settings = nil, nil
		if !reflect.DeepEqual(before.Sinks[0].Settings, after.Sinks[0].Settings) {
			t.Errorf("%s: got %+v, want %+v", file, after.Sinks[0].Settings, before.Sinks[0].Settings)
		}
		before.Sinks, after.Sinks = nil, nil
		if !reflect.DeepEqual(before, after) {
			t.Errorf("%s: got %+v, want %+v", file, after, before)
		}
		if before.Correlator.Wait != after.Correlator.Wait || before.Correlator.RecentWindow < time.Hour {
			t.Errorf("%s: got %+v", file, after.Correlator)
		}
	}
}

func TestWhatIsWrongIsToldWithFileAndLine(t *testing.T) {
	for file, want := range map[string]string{
		"am-indent.yml":  ":2: cannot be read as YAML: ",
		"am-list.yml":    ":1: is no mapping of keys\n",
		"am-empty.yml":   ": is empty\n",
		"am-missing.yml": ": is not there\n",
		"am-none.yml":    ": commands: there is none: write the command of prometheus-am-executor's command line into the file, too\n",
		"am-values.yml": `:1: listen_address: is no address with a port number: write it as ":8080" or "127.0.0.1:8080"
:3: commands.0.cmd: is empty: name the program, such as /usr/local/bin/on-backup; its arguments go into args
:5: commands.1.resolved_signal: there is no signal "SIGNONE": give a name or a number, such as SIGTERM, USR1 or "10"
:7: commands.2.max: is no whole number: write one, such as 3
:8: commands.2.ignore_resolved: is neither true nor false: write one of them
:9: commands.2.args: is no list: write a list, such as [a, b]
:10: commands.2.match_labels: is no mapping: write keys with their values
:11: commands.3: is no mapping: write keys with their values
`,
		"am-twice.yml": `:3: commands.0.cmd: stands here twice: take one out
:4: commands.0.args.0: is no text: write one value
:5: commands.1: holds a key that is no text: write out what << stands for
`,
		"am-mapping.yml":   ":1: commands: is no list: write a list, such as [a, b]\n",
		"am-port.yml":      `:1: listen_address: is no address with a port number: write it as ":8080" or "127.0.0.1:8080"` + "\n",
		"am-binary.yml":    ":1: holds a control character: take it out\n",
		"keys-empty.txt":   ": holds no routing key: write one a line\n",
		"keys-missing.txt": ": cannot be read: no such file or directory\n",
		"keys-odd.txt": `:1: holds more than a key: leave the key alone in its line: pd-event-handler read no further than the comma
:2: holds more than a key: leave the key alone in its line: pd-event-handler read no further than the comma
:3: holds white space or unprintable characters: write one key a line
:4: holds white space or unprintable characters: write one key a line
`,
		"monitor-typo.yml": `:1: mail.to: is empty: name at least one address that shall get the mails
:3: mail.too: there is no such key: did you mean to?
:4: receiver.port: is text: give a whole number
`,
		"monitor-new.yml": `:1: mail.rate: is no key of ns8-backup-monitor: it is a file of bellhop already
:2: queue: is no section of ns8-backup-monitor: it is a file of bellhop already
`,
		"monitor-missing.yml": ": is not there\n",
	} {
		translate := map[byte]func(string) (string, error){'a': migrate.AmExecutor, 'k': migrate.RoutingKeys, 'm': monitor}[file[0]]
		path := "testdata/bad/" + file
		text, err := translate(path)
		if text != "" || !errors.As(err, new(config.Faults)) {
			t.Errorf("%s: got %q, %v", file, text, err)
			continue
		}
		if got := strings.ReplaceAll(err.Error()+"\n", path, ""); !strings.HasPrefix(got, want) {
			t.Errorf("%s: got\n%swant\n%s", file, got, want)
		}
		if strings.Contains(err.Error(), "R0AAAA") {
			t.Errorf("%s: the error holds a key: %v", file, err)
		}
	}
}

func FuzzAmExecutor(f *testing.F) {
	for _, file := range []string{"testdata/executor.yml", "testdata/odd.yml", "testdata/bad/am-values.yml", "testdata/bad/am-twice.yml"} {
		b, err := os.ReadFile(file)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(b))
	}
	f.Add("a: &a [*a]\ncommands: *a")
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, text string) {
		file := filepath.Join(dir, "executor.yml")
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		got, err := migrate.AmExecutor(file)
		if err != nil {
			return
		}
		got = strings.ReplaceAll(got, "\n  web_config_file: /etc/bellhop/web.yml\n", "\n") // it is not there
		if c := loaded(t, got); len(c.Sinks) == 0 {
			t.Fatalf("no sink is left of\n%s\nin\n%s", text, got)
		}
	})
}
