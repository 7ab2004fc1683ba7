package app_test

import (
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"
	"time"

	"bellhop/correlate/redistest"
	"bellhop/internal/farend"
	"bellhop/sinks/ns8sendmail/ns8test"
	"bellhop/sinks/smtp/smtpdtest"
)

// delivery is what the API says of one.
type delivery struct {
	Target, State string
	Attempts      []struct{ Status, Error string }
}

// mailing is a bellhop that mails to some addresses, and the mail server at the end.
type mailing struct {
	*running
	t    *testing.T
	post *farend.Mail
}

// byMail tries a test through both sinks that mail: over SMTP, and by the cluster's
// own command. The server is made ready before the alert comes.
func byMail(t *testing.T, to []string, ready func(*farend.Mail), test func(t *testing.T, m *mailing, kind string)) {
	redis := redistest.Start(t)
	redis.Load(string(read(t, "node-partial.redis")), time.Now())
	for _, kind := range []string{"smtp", "ns8-sendmail"} {
		t.Run(kind, func(t *testing.T) {
			post, port := postOffice(t)
			ready(post)
			own := fmt.Sprintf("host: 127.0.0.1, port: %d, tls: none", port)
			if kind == "ns8-sendmail" {
				words := ns8test.Runagent(t, ns8test.Smarthost{Host: "127.0.0.1", Port: port, Encrypt: ns8test.NoTLS})
				own = "command: " + flow(append(words, "ns8-sendmail"))
			}
			m := &mailing{t: t, post: post, running: start(t, fmt.Sprintf(`
receiver: {port: 0}
correlator: {wait_seconds: 0}
redis: {address: %q}
repo_check: {enabled: false}
queue: {path: %q}
sinks:
  relay: {type: %s, %s, from: backup@example.org, to: %s}
`, redis.Addr, t.TempDir(), kind, own, flow(to)))}
			if code, answer := m.running.post([]byte(`{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"1"}}]}`)); code != 200 {
				t.Fatal(code, answer)
			}
			test(t, m, kind)
		})
	}
}

func postOffice(t *testing.T) (*farend.Mail, int) {
	t.Helper()
	post := farend.NewMail(time.Now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- post.Serve(l) }()
	t.Cleanup(func() { _ = post.Close(); <-served })
	return post, l.Addr().(*net.TCPAddr).Port
}

// settled waits until n deliveries are sent or dead, and returns them by target.
func (m *mailing) settled(n int) map[string]delivery {
	m.t.Helper()
	var list struct{ Deliveries []delivery }
	eventually(m.t, 30*time.Second, "every delivery is settled", func() error {
		if err := m.get("/api/v1/deliveries", &list); err != nil {
			return err
		}
		done := 0
		for _, d := range list.Deliveries {
			if d.State == "sent" || d.State == "dead" {
				done++
			}
		}
		if done != n || len(list.Deliveries) != n {
			return fmt.Errorf("%d of %d are: %+v", done, n, list.Deliveries)
		}
		return nil
	})
	all := map[string]delivery{}
	for _, d := range list.Deliveries {
		all[d.Target] = d
	}
	return all
}

func TestAGreylistedMailArrivesOnceLater(t *testing.T) {
	ready := func(post *farend.Mail) { post.Greylist(2 * time.Second) }
	byMail(t, []string{"ops@example.org"}, ready, func(t *testing.T, m *mailing, _ string) {
		d := m.settled(1)["ops@example.org"]
		if d.State != "sent" || len(d.Attempts) != 2 || !strings.Contains(d.Attempts[0].Error, "4.7.1 Greylisted") {
			t.Errorf("got %+v", d)
		}
		letters, visits := m.post.Letters(), m.post.Visits()
		if len(letters) != 1 || len(visits) != 2 || visits[1].At.Sub(visits[0].At) < 3*time.Second {
			t.Errorf("%d mails arrived in %+v", len(letters), visits)
		}
	})
}

func TestR11ARefusedRecipientIsSetAsideAndTheOthersAreTold(t *testing.T) {
	const gone = "gone@example.org"
	ready := func(post *farend.Mail) { post.Refuse(gone, 550, "5.1.1 No such user here") }
	byMail(t, []string{"ops@example.org", gone, "boss@example.org"}, ready, func(t *testing.T, m *mailing, _ string) {
		all := m.settled(3)
		for _, to := range []string{"ops@example.org", "boss@example.org"} {
			if d := all[to]; d.State != "sent" || len(d.Attempts) != 1 {
				t.Errorf("%s: %+v", to, d)
			}
		}
		d := all[gone]
		if d.State != "dead" || len(d.Attempts) != 1 || !strings.Contains(d.Attempts[0].Error, "5.1.1 No such user here") || !strings.Contains(d.Attempts[0].Error, gone) {
			t.Errorf("%s: %+v", gone, d)
		}
		if n := len(m.post.Letters()); n != 2 {
			t.Errorf("%d mails arrived", n)
		}
	})
}

func TestAMailWhoseAnswerWasLostIsSentAgainAndCanBeToldByItsID(t *testing.T) {
	ready := func(post *farend.Mail) {
		post.Inject(farend.MailFault{At: farend.AtData, Cut: true, Taken: true})
	}
	byMail(t, []string{"ops@example.org"}, ready, func(t *testing.T, m *mailing, kind string) {
		d := m.settled(1)["ops@example.org"]
		if d.State != "sent" || len(d.Attempts) != 2 || !strings.Contains(d.Attempts[0].Error, "is unknown") {
			t.Errorf("got %+v", d)
		}
		ids, err := messageIDs(m.post.Letters())
		if err != nil || len(ids) != 2 || ids[0] != ids[1] {
			t.Errorf("%q arrived, %v", ids, err)
		}
		if kind == "smtp" && ids[0] == "" {
			t.Error("the mails have no Message-ID")
		}
		if kind == "ns8-sendmail" && !strings.Contains(d.Attempts[1].Status, "an earlier attempt may have gone out") {
			t.Errorf("the log does not own up to a second copy: %+v", d)
		}
	})
}

func messageIDs(letters []farend.Letter) ([]string, error) {
	var (
		ids  []string
		errs []error
	)
	for _, l := range letters {
		parsed, err := smtpdtest.Parse(l.Data)
		ids, errs = append(ids, parsed.Header.Get("Message-ID")), append(errs, err)
	}
	return ids, errors.Join(errs...)
}
