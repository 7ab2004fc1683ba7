package shoutrrr_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/nicholas-fedor/shoutrrr/pkg/router"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/shoutrrr"
)

const telegramURL = "telegram://123456789:hidden-hidden_hidden-hidden-hidden-@telegram"

// far is a service in the form in which this test meets it.
type far struct {
	url  string
	host string
	// title and text are the fields of the last request that hold them; without a
	// title's it stands in the text.
	title, text string
	// answer is what the service says to a message that it takes, by the path's end.
	answer map[string]string
	bytes  int // of a text that the service takes
}

// fars are all services that may be named.
func fars() map[string]far {
	const uuid = "11111111-4444-4444-8444-cccccccccccc"
	hex := strings.Repeat("a1", 16)
	return map[string]far{
		"bark":       {url: "bark://:hidden-device@bark.example.org", host: "bark.example.org", title: "title", text: "body", answer: always(`{"code":200}`), bytes: 4096},
		"discord":    {url: "discord://hidden-token@1234567890", host: "discord.com", title: "embeds.0.title", text: "embeds.0.description", bytes: 4096},
		"generic":    {url: "generic://hook.example.org/hidden-path?template=json", host: "hook.example.org", text: "message", bytes: 20000},
		"gotify":     {url: "gotify://push.example.org/" + gotifyToken, host: "push.example.org", title: "title", text: "message", answer: always("{}"), bytes: 4096},
		"googlechat": {url: "googlechat://chat.googleapis.com/v1/spaces/X/messages?key=hidden-key&token=hidden-token", host: "chat.googleapis.com", text: "text", bytes: 4096},
		"hangouts":   {url: "hangouts://chat.googleapis.com/v1/spaces/X/messages?key=hidden-key&token=hidden-token", host: "chat.googleapis.com", text: "text", bytes: 4096},
		"ifttt":      {url: "ifttt://hidden-key?events=backup", host: "maker.ifttt.com", text: "value2", bytes: 4096},
		"join":       {url: "join://shoutrrr:hidden-key@join/?devices=d1", host: "joinjoaomgcd.appspot.com", title: "?title", text: "?text", bytes: 1000},
		"lark":       {url: "lark://open.larksuite.com/hidden-token?secret=hidden", host: "open.larksuite.com", title: "content.post.en_us.title", text: "content.post.en_us.content.0.0.text", answer: always(`{"code":0}`), bytes: 4096},
		"matrix": {url: "matrix://backup:hidden-pass@matrix.example.org?rooms=!room:example.org", host: "matrix.example.org", text: "body", bytes: 60000, answer: map[string]string{
			"login": `{"flows":[{"type":"m.login.password"}],"access_token":"hidden-access","user_id":"@b"}`,
			"":      `{"room_id":"!room:example.org","event_id":"$1"}`}},
		"mattermost": {url: "mattermost://chat.example.org/hidden-token", host: "chat.example.org", text: "text", bytes: 4000},
		"notifiarr":  {url: "notifiarr://hidden-api-key?channel=123456", host: "notifiarr.com", title: "discord.text.title", text: "discord.text.description", bytes: 2000},
		"ntfy":       {url: "ntfy://ntfy.sh/hidden-topic", host: "ntfy.sh", title: ":Title", text: "", answer: always("{}"), bytes: 4096},
		"opsgenie":   {url: "opsgenie://api.opsgenie.com/hidden-key", host: "api.opsgenie.com", title: "message", text: "description", bytes: 15000},
		"pushbullet": {url: "pushbullet://" + strings.Repeat("h", 34) + "/device", host: "api.pushbullet.com", title: "title", text: "body", bytes: 4096},
		"pushover":   {url: "pushover://shoutrrr:hidden-token@hidden-user", host: "api.pushover.net", title: "title", text: "message", bytes: 1024},
		"rocketchat": {url: "rocketchat://chat.example.org/hidden-a/hidden-b/backups", host: "chat.example.org", text: "text", bytes: 5000},
		"signal":     {url: "signal://backup:hidden-pass@signal.example.org:8080/+391234567/+397654321", host: "signal.example.org:8080", text: "message", bytes: 60000},
		"slack":      {url: "slack://hook:HIDDENT12-HIDDENB12-" + strings.Repeat("h", 24) + "@webhook", host: "hooks.slack.com", title: "text", text: "attachments.0.text", answer: always("ok"), bytes: 8000},
		"teams":      {url: "teams://" + uuid + "@" + uuid + "/" + hex + "/" + uuid + "/V2hidden?host=example.webhook.office.com", host: "example.webhook.office.com", title: "title", text: "sections.0.text", bytes: 20000},
		"telegram":   {url: telegramURL + "?chats=@ops&parsemode=HTML", host: "api.telegram.org", text: "text", answer: always(`{"ok":true,"result":{}}`), bytes: 4096},
		"wecom":      {url: "wecom://hidden-key", host: "qyapi.weixin.qq.com", text: "text.content", answer: always(`{"errcode":0}`), bytes: 2048},
		"zulip":      {url: "zulip://backup-bot%40example.org:hidden-key@chat.example.org?stream=backups&topic=nightly", host: "chat.example.org", text: "content", bytes: 10000},
	}
}

func always(answer string) map[string]string { return map[string]string{"": answer} }

// office has every address end at one handler, without connections.
type office struct {
	http.Handler
	last *http.Request
	body []byte
	made int
}

func (o *office) RoundTrip(r *http.Request) (*http.Response, error) {
	o.body = nil
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		o.body = body
	}
	o.last = r
	o.made++
	if o.Handler == nil {
		return nil, errors.New("no route to host")
	}
	w := httptest.NewRecorder()
	r.Body = io.NopCloser(bytes.NewReader(o.body))
	o.ServeHTTP(w, r)
	return w.Result(), nil
}

// takes answers as the service does when it has taken a message.
func (f far) takes(name string) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		if name == "pushbullet" { // which says the message back
			var push map[string]any
			_ = json.NewDecoder(r.Body).Decode(&push)
			push["active"] = true
			_ = json.NewEncoder(w).Encode(push)
			return
		}
		at := r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:]
		answer, known := f.answer[at]
		if !known {
			answer = f.answer[""]
		}
		_, _ = io.WriteString(w, answer)
	}
}

// field finds what a dotted name leads to: ":Name" in the header, "?name" in the query.
func (o *office) field(t *testing.T, name string) string {
	t.Helper()
	switch {
	case name == "":
		return string(o.body)
	case name[0] == ':':
		return o.last.Header.Get(name[1:])
	case name[0] == '?':
		return o.last.URL.Query().Get(name[1:])
	}
	var at any = parse(t, o.body)
	for part := range strings.SplitSeq(name, ".") {
		switch v := at.(type) {
		case map[string]any:
			at = v[part]
		case []any:
			at = v[int(part[0]-'0')]
		}
	}
	text, _ := at.(string)
	return text
}

func (f far) send(t *testing.T, o *office, m sinks.Message) (sinks.Receipt, error) {
	t.Helper()
	s, err := shoutrrr.NewInside(shoutrrr.Config{URL: secret.New(f.url)}, sinks.Deps{Client: &http.Client{Transport: o}, Now: time.Now})
	if err != nil {
		t.Fatal(err)
	}
	m.Target = s.Targets()[0]
	r, err := s.Send(t.Context(), m)
	if strings.Contains(fmt.Sprint(err, s.Targets(), r), "hidden") || strings.Contains(fmt.Sprint(err), "HIDDEN") {
		t.Errorf("a secret shows: %v %v %v", err, s.Targets(), r)
	}
	return r, err
}

func TestEveryServiceOfTheLibraryIsKnown(t *testing.T) {
	have := (&router.ServiceRouter{}).ListServices()
	slices.Sort(have)
	if known := slices.Sorted(slices.Values(shoutrrr.Services())); !slices.Equal(known, have) {
		t.Errorf("the table has %q,\nthe library %q", known, have)
	}
	tested := slices.Sorted(maps.Keys(fars()))
	refused := []string{"logger", "pagerduty", "smtp"}
	if all := slices.Sorted(slices.Values(append(tested, refused...))); !slices.Equal(all, have) {
		t.Errorf("%q are not tested", have)
	}
}

func TestEveryServiceIsTold(t *testing.T) {
	for name, f := range fars() {
		t.Run(name, func(t *testing.T) {
			o := &office{Handler: f.takes(name)}
			r, err := f.send(t, o, message())
			if err != nil || r.Status != "200 OK" {
				t.Fatalf("%q, %v", r.Status, err)
			}
			if o.last.URL.Host != f.host && o.last.URL.Hostname() != f.host {
				t.Errorf("told %s", o.last.URL.Host)
			}
			said := o.field(t, f.text)
			if f.title != "" {
				if got := o.field(t, f.title); got != title {
					t.Errorf("title %q", got)
				}
			} else if !strings.HasPrefix(said, title+"\n") {
				t.Errorf("the text does not begin with the title: %q", said)
			}
			if first, _, _ := strings.Cut(text, "\n"); !strings.Contains(said, first) {
				t.Errorf("text %q in %s", said, o.body)
			}
			if got := o.last.Header.Get(shoutrrr.DeliveryHeader); got != "01JBQ0-phone-1" {
				t.Errorf("delivery %q", got)
			}
			if name != "matrix" && o.made != 1 {
				t.Errorf("%d requests", o.made)
			}
		})
	}
}

func TestTooLongATextArrivesCut(t *testing.T) {
	for name, f := range fars() {
		for kind, long := range map[string]string{
			"words": strings.Repeat("words and words ", 1<<16), "lines": strings.Repeat("à line\n", 1<<16), "emoji": strings.Repeat("💥", 1<<18),
		} {
			t.Run(name+"/"+kind, func(t *testing.T) {
				o := &office{Handler: f.takes(name)}
				m := message()
				m.Text["mail.subject"], m.Text["shoutrrr.text"] = long, long
				if _, err := f.send(t, o, m); err != nil {
					t.Fatal(err)
				}
				said := o.field(t, f.text)
				if !utf8.Valid(o.body) || said == "" || len(said) > f.bytes {
					t.Errorf("%d bytes: %.60q", len(said), said)
				}
				if name != "slack" && name != "teams" && !strings.HasSuffix(said, "…") { // those make a piece of each line
					t.Errorf("nothing shows that it was cut: %q", said[max(0, len(said)-60):])
				}
			})
		}
	}
}

// Of a service that fails nobody is told twice by the library, which would try again,
// nor is the message called sent, as it would be where Telegram does not answer.
func TestAFailureIsNeverASuccess(t *testing.T) {
	for name, f := range fars() {
		t.Run(name, func(t *testing.T) {
			for status, want := range map[int]retry.Verdict{
				500: retry.Away, 503: retry.Away, 429: retry.Away, 400: retry.Dead, 401: retry.Misconfigured, 404: retry.Misconfigured,
			} {
				o := &office{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					w.Header().Set("Retry-After", "7")
					w.WriteHeader(status)
					fmt.Fprintf(w, "no: %s %s %v", r.URL, whole(r.Body), r.Header)
				})}
				began := time.Now()
				_, err := f.send(t, o, message())
				if j := retry.Of(err); err == nil || j.Verdict != want || status == 429 && j.Wait != 7*time.Second {
					t.Errorf("%d: %+v, %v", status, j, err)
				}
				if o.made != 1 || time.Since(began) > 2*time.Second {
					t.Errorf("%d: %d requests in %v", status, o.made, time.Since(began))
				}
			}
			o := &office{}
			if _, err := f.send(t, o, message()); err == nil || retry.Of(err).Verdict != retry.Away || o.made != 1 {
				t.Errorf("no network: %v after %d requests", err, o.made)
			}
		})
	}
}

func whole(r io.Reader) string {
	b, err := io.ReadAll(r)
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// Some services answer 200 to what they refuse.
func TestA200ThatRefusesIsNoSuccess(t *testing.T) {
	for name, answer := range map[string]string{
		"lark": `{"code":19001,"msg":"param invalid: incoming webhook access token invalid"}`, "wecom": `{"errcode":93000,"errmsg":"invalid webhook url"}`,
		"slack": "no_text", "bark": `{"code":400,"message":"failed to get device token"}`, "telegram": `{"ok":false,"description":"chat not found"}`,
		"ntfy": "<html>Please log in</html>",
	} {
		o := &office{Handler: http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, answer) })}
		_, err := fars()[name].send(t, o, message())
		if err == nil || retry.Of(err).Verdict != retry.Away {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// Nobody is called by what stands in an error of a backup.
func TestOutsideTextCallsNobody(t *testing.T) {
	for name, f := range fars() {
		o := &office{Handler: f.takes(name)}
		m := message()
		m.Text["mail.subject"] = "@everyone <!channel>"
		m.Text["shoutrrr.text"] = "@here <@U1> <users/all> (@all) write to admin@example.org"
		if _, err := f.send(t, o, m); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		said := o.field(t, f.text)
		if !strings.Contains(said, "admin@example.org") {
			t.Errorf("%s: an address is spoilt: %q", name, said)
		}
		if slices.Contains([]string{"bark", "generic", "gotify", "ifttt", "join", "ntfy", "opsgenie", "pushbullet", "pushover", "signal"}, name) {
			continue // they call nobody
		}
		if strings.ContainsAny(said, "<>") || strings.Contains(said, "@here") || strings.Contains(said, "@all") {
			t.Errorf("%s: %q", name, said)
		}
	}
}

func TestTelegramTakesNoMarkup(t *testing.T) {
	f := fars()["telegram"] // whose URL asks for HTML
	o := &office{Handler: f.takes("telegram")}
	if _, err := f.send(t, o, message()); err != nil {
		t.Fatal(err)
	}
	if fields := parse(t, o.body); fields["parse_mode"] != nil || fields["chat_id"] != "@ops" {
		t.Errorf("sent %v", fields)
	}
}

func TestMatrixLogsInFirst(t *testing.T) {
	f := fars()["matrix"]
	o := &office{Handler: f.takes("matrix")}
	if _, err := f.send(t, o, message()); err != nil {
		t.Fatal(err)
	}
	if o.made != 4 || o.last.URL.Query().Get("access_token") != "hidden-access" {
		t.Errorf("%d requests, the last to %s", o.made, o.last.URL)
	}
}
