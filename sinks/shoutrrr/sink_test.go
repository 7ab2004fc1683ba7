package shoutrrr_test

import (
	"encoding/json"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/shoutrrr"
	"bellhop/sinks/sinktest"
)

const (
	gotifyToken = "AhiddenToken.15"
	title       = "⚠️ Backup partially failed – Nightly on ns8"
	text        = "1 of 4 modules failed, 3 are ok.\nnextcloud1 (the repository's password is wrong)"
)

func message() sinks.Message {
	e := event.Event{
		Version: event.Version, ID: "01JBQ0", Time: time.Date(2026, 11, 3, 2, 30, 0, 0, time.UTC),
		Kind: event.KindBackup, Status: event.StatusOpen, Outcome: event.Partial, Severity: event.SeverityError,
		DedupKey: "bellhop/2c7b/backup/1", Plan: event.Plan{ID: "1", Name: "Nightly"},
	}
	return sinks.Message{ID: "01JBQ0-phone-1", Event: e, Text: map[string]string{"mail.subject": title, "shoutrrr.text": text}}
}

// wants are what this sink takes otherwise than most: without anything of one message
// in its address, an address that is not there is a fault of the URL.
func wants(more ...sinktest.Status) []sinktest.Status {
	unfit := sinktest.Refused(retry.Misconfigured)
	return append(more, sinktest.Status{First: 404, Last: 405, Want: unfit}, sinktest.Status{First: 410, Last: 410, Want: unfit})
}

// inside builds sinks of a URL in which BASE stands for the far end.
func inside(form string) func(string, sinks.Deps) (sinks.Sink, error) {
	return func(base string, d sinks.Deps) (sinks.Sink, error) {
		address := strings.ReplaceAll(form, "BASE", strings.TrimPrefix(base, "http://"))
		return shoutrrr.NewInside(shoutrrr.Config{URL: secret.New(address)}, d)
	}
}

func key(r sinktest.Request) string { return r.Header.Get(shoutrrr.DeliveryHeader) }

// The library believes no answer of ntfy and Gotify that is not theirs; a portal says
// 200, too.
func unread() sinktest.Status {
	return sinktest.Status{First: 200, Last: 299, Want: sinktest.Unknown()}
}

func TestNtfyKeepsThePromises(t *testing.T) {
	sinktest.Run(t, sinktest.Case{
		New: inside("ntfy://backup:hidden%2Fp%C3%A4ss@BASE/alarms-of-mine?scheme=http&priority=high&tags=hidden-tag"),
		Far: func(now func() time.Time) sinktest.StandIn {
			return farend.NewNtfy(now, "alarms-of-mine", "backup", "hidden/päss")
		},
		Message: message(),
		Secrets: []secret.String{secret.New("hidden/päss"), secret.New("backup:hidden/päss"), secret.New("alarms-of-mine"), secret.New("hidden-tag")},
		Wants:   wants(unread()),
		Key:     key,
		MaxBody: 4096,
		Harmless: func(t *testing.T, r sinktest.Request) {
			if n := len(r.Header.Get("Title")); n == 0 || n > 200 {
				t.Errorf("the title has %d bytes", n)
			}
		},
	})
}

func TestGotifyKeepsThePromises(t *testing.T) {
	for name, more := range map[string]string{"in the address": "", "in a header": "&useheader=yes"} {
		t.Run(name, func(t *testing.T) {
			sinktest.Run(t, sinktest.Case{
				New:     inside("gotify://BASE/" + gotifyToken + "?disabletls=yes" + more),
				Far:     func(now func() time.Time) sinktest.StandIn { return farend.NewGotify(now, gotifyToken) },
				Message: message(),
				Secrets: []secret.String{secret.New(gotifyToken)},
				Wants:   wants(unread()),
				Key:     key,
				MaxBody: 9000, // JSON writes < as six bytes
				Harmless: func(t *testing.T, r sinktest.Request) {
					if !json.Valid(r.Body) {
						t.Errorf("no JSON: %.200q", r.Body)
					}
				},
			})
		})
	}
}

// Generic stands for the services that use what net/http has for everybody.
func TestGenericKeepsThePromises(t *testing.T) {
	sinktest.Run(t, sinktest.Case{
		New:     inside("generic://BASE/hook/hiddenPath?disabletls=yes&template=json&@X-Key=hidden-h&$team=hidden-value&a=hidden%26query"),
		Far:     func(now func() time.Time) sinktest.StandIn { return farend.NewWebhook(now) },
		Message: message(),
		Secrets: []secret.String{secret.New("hiddenPath"), secret.New("hidden-h"), secret.New("hidden-value"), secret.New("hidden&query")},
		Wants:   wants(),
		Key:     key,
		MaxBody: 100_000,
		Harmless: func(t *testing.T, r sinktest.Request) {
			if r.Method != http.MethodPost || !json.Valid(r.Body) {
				t.Errorf("%s, no JSON: %.200q", r.Method, r.Body)
			}
		},
	})
}

func TestKindIsAChats(t *testing.T) {
	k := shoutrrr.Kind()
	want := retry.Limit{N: 20, Per: time.Minute, Burst: 5}
	if k.Supersede != sinks.KeepLatest || !k.Calm || k.Limit != want {
		t.Errorf("got %+v", k)
	}
}

// R11: whom the library would tell one after the other, bellhop tells one by one.
func TestEachReceiverIsATarget(t *testing.T) {
	for form, want := range map[string][]string{
		"ntfy://ntfy.sh/my-secret-topic":                           {"ntfy ntfy.sh"},
		"gotify://push.example.org:8443/" + gotifyToken:            {"gotify push.example.org:8443"},
		"discord://token-token@1234567890":                         {"discord"},
		telegramURL + "?chats=@ops,-100123,@ops":                   {"telegram -100123", "telegram @ops"},
		telegramURL + "?channels=@ops":                             {"telegram"},
		"matrix://me:pass-word@matrix.example.org?rooms=!b:x,%23a": {"matrix matrix.example.org !b:x", "matrix matrix.example.org #a"},
		"ifttt://hidden-key?events=b,a":                            {"ifttt a", "ifttt b"},
		"pushover://shoutrrr:tokentoken@userkey0/?devices=a,b":     {"pushover"},
	} {
		s, err := shoutrrr.New(shoutrrr.Config{URL: secret.New(form)}, sinks.Deps{})
		if err != nil {
			t.Errorf("%s: %v", form, err)
			continue
		}
		slices.Sort(want)
		if got := s.Targets(); !slices.Equal(got, want) {
			t.Errorf("%s: targets %q, want %q", form, got, want)
		}
	}
}

func TestAReceiverThatIsGoneIsNotTold(t *testing.T) {
	s, err := shoutrrr.New(shoutrrr.Config{URL: secret.New(telegramURL + "?chats=@a,@b")}, sinks.Deps{})
	if err != nil {
		t.Fatal(err)
	}
	m := message()
	m.Target = "telegram @c"
	if _, err := s.Send(t.Context(), m); retry.Of(err).Verdict != retry.Dead {
		t.Errorf("got %v", err)
	}
}

// parse reads a form or JSON that a service was sent.
func parse(t *testing.T, body []byte) map[string]any {
	t.Helper()
	fields := map[string]any{}
	if json.Unmarshal(body, &fields) == nil {
		return fields
	}
	form, err := url.ParseQuery(string(body))
	if err != nil {
		t.Fatalf("%v in %q", err, body)
	}
	for key := range form {
		fields[key] = form.Get(key)
	}
	return fields
}
