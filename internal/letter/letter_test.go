package letter_test

import (
	"errors"
	"regexp"
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"

	"bellhop/internal/letter"
	"bellhop/internal/retry"
)

func TestSubjectIsOneCleanLine(t *testing.T) {
	for _, c := range []struct{ name, prefix, text, want string }{
		{"plain", "[NS8 Backup]", "❌ Backup failed", "[NS8 Backup] ❌ Backup failed"},
		{"no prefix", "", "Backup failed", "Backup failed"},
		{"a header is smuggled in", "", "x\r\nBcc: all@example.org", "x Bcc: all@example.org"},
		{"folded header", "", "x\r\n\tBcc: y", "x Bcc: y"},
		{"line separators", "", "a\u2028b\u0085c", "a b c"},
		{"NUL and escape", "", "a\x00b\x1b[31mc", "ab[31mc"},
		{"broken UTF-8", "", "caf\xe9", "caf\ufffd"},
		{"right to left", "", "nextcloud1\u202e4pm.exe\u2066\u200f", "nextcloud14pm.exe"},
		{"emoji stay whole", "", "⚠️ 👩\u200d🔧", "⚠️ 👩\u200d🔧"},
	} {
		if got := letter.Subject(c.prefix, c.text); got != c.want {
			t.Errorf("%s: got %q, want %q", c.name, got, c.want)
		}
	}
}

func TestSubjectOfAMegabyteIsCutBetweenCharacters(t *testing.T) {
	got := letter.Subject("[NS8 Backup]", strings.Repeat("ü", 1<<20))
	if utf8.RuneCountInString(got) != letter.MaxSubject || !strings.HasSuffix(got, "ü…") || !utf8.ValidString(got) {
		t.Fatalf("got %d characters ending %q", utf8.RuneCountInString(got), got[len(got)-10:])
	}
}

func TestBodyKeepsLinesAndDropsControls(t *testing.T) {
	if got := letter.Body("a\r\n\tb\rc\x00\x07\xff\n"); got != "a\n\tb\nc\ufffd\n" {
		t.Fatalf("got %q", got)
	}
}

// reason is what the parser finds wrong with an address, in its own words.
var reason = regexp.MustCompile(`address: [^i].*`)

func TestCheckNamesEachAddress(t *testing.T) {
	for _, c := range []struct {
		name  string
		from  string
		to    []string
		plain bool
		want  string // keys and a word of each fault
	}{
		{"good", "Backup <backup@example.org>", []string{"a@example.org", "b@example.org"}, true, ""},
		{"nothing", "", nil, true, "from: is empty; to: is empty"},
		{"bad ones are named", "backup", []string{"a@example.org", "b@@example.org"}, true,
			`from: "backup" is no mail address: …; to.1: "b@@example.org" is no mail address: …`},
		{"empty entry", "a@b.org", []string{" "}, true, "to.0: is empty"},
		{"two in one", "a@b.org", []string{"a@b.org, c@d.org"}, true, `to.0: "a@b.org, c@d.org" is no mail address: …`},
		{"quoted", "a@b.org", []string{`"a,b"@c.org`}, true, `to.0: "\"a,b\"@c.org" is no mail address: it holds characters that only a quoted address may have`},
		{"twice", "a@b.org", []string{"c@d.org", "C <C@d.org>"}, true, `to.1: "C <C@d.org>" stands there twice`},
		{"not ASCII", "a@b.org", []string{"ä@d.org"}, true, `to.0: "ä@d.org" holds letters that are not ASCII, which this transport cannot carry`},
		{"not ASCII, but allowed", "a@b.org", []string{"ä@d.org"}, false, ""},
		{"a name may be anything", "Sicherung für „X“ <a@b.org>", []string{"c@d.org"}, true, ""},
	} {
		var got []string
		for _, f := range letter.Check(c.from, c.to, c.plain) {
			got = append(got, f.Key+": "+reason.ReplaceAllString(f.Text, "address: …"))
			if f.Remedy == "" {
				t.Errorf("%s: no remedy for %s", c.name, f.Key)
			}
		}
		if joined := strings.Join(got, "; "); joined != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, joined, c.want)
		}
	}
}

func TestTargetsAreBareAddresses(t *testing.T) {
	got := letter.Targets([]string{"Ops <ops@example.org>", "a@example.org"})
	if len(got) != 2 || got[0] != "ops@example.org" || got[1] != "a@example.org" {
		t.Fatalf("got %q", got)
	}
}

func TestR12RepliesOfAMailServer(t *testing.T) {
	refused := func(v retry.Verdict) retry.Judgement { return retry.Judgement{Verdict: v, Refused: true} }
	for _, c := range []struct {
		code int
		text string
		want retry.Judgement
	}{
		{0, "connection reset", retry.Judgement{Verdict: retry.Away}},
		{250, "fine", retry.Judgement{Verdict: retry.Away}},
		{999, "what?", retry.Judgement{Verdict: retry.Away}},
		{421, "4.3.2 shutting down", refused(retry.Away)},
		{421, "too many connections", refused(retry.Away)},
		{432, "4.7.12 a password transition is needed", refused(retry.Away)},
		{450, "4.2.0 greylisted", refused(retry.Later)},
		{450, "4.1.8 <a@b>: Sender address rejected: Domain not found", refused(retry.Away)},
		{451, "4.7.1 greylisted", refused(retry.Later)},
		{451, "4.3.0 scanner is away", refused(retry.Later)},
		{452, "4.2.2 over quota", refused(retry.Later)},
		{452, "4.3.1 insufficient system storage", refused(retry.Away)},
		{454, "4.7.0 temporary authentication failure", refused(retry.Away)},
		{530, "5.7.0 Must issue a STARTTLS command first", refused(retry.Misconfigured)},
		{534, "5.7.9 mechanism too weak", refused(retry.Misconfigured)},
		{535, "5.7.8 bad credentials", refused(retry.Misconfigured)},
		{538, "5.7.11 encryption required", refused(retry.Misconfigured)},
		{550, "5.1.1 no such user", refused(retry.Dead)},
		{550, "5.2.2 mailbox full", refused(retry.Later)},
		{550, "5.1.8 the domain of the sender does not exist", refused(retry.Misconfigured)},
		{550, "5.7.60 client does not have permissions to send as this sender", refused(retry.Misconfigured)},
		{552, "5.2.2 mailbox full", refused(retry.Later)},
		{552, "over quota", refused(retry.Later)},
		{552, "5.3.4 message too big", refused(retry.Dead)},
		{552, "5.2.3 message too big for this mailbox", refused(retry.Dead)},
		{553, "5.1.3 bad address", refused(retry.Dead)},
		{553, "5.7.1 <backup@example.org>: Sender address rejected: not owned by user bellhop", refused(retry.Misconfigured)},
		{554, "5.2.252 SendAsDenied; bellhop not allowed to send as backup", refused(retry.Misconfigured)},
		{554, "5.7.1 spam", refused(retry.Dead)},
	} {
		if got := retry.Of(letter.Reply(c.code, c.text, errors.New(c.text))); got != c.want {
			t.Errorf("%d %s: %+v, want %+v", c.code, c.text, got, c.want)
		}
	}
}

func TestR12RepliesThatEveryMailMeets(t *testing.T) {
	for code, want := range map[int]retry.Verdict{
		0: retry.Away, 220: retry.Away, 421: retry.Away, 454: retry.Away, 451: retry.Away,
		501: retry.Misconfigured, 535: retry.Misconfigured, 554: retry.Misconfigured, 600: retry.Away,
	} {
		if got := retry.Of(letter.Service(code, errors.New("no"))); got != (retry.Judgement{Verdict: want, Refused: true}) {
			t.Errorf("%d: %+v, want verdict %d, refused", code, got, want)
		}
	}
}

func FuzzSubject(f *testing.F) {
	f.Add("a\r\nBcc: b\x00\u202e")
	f.Fuzz(func(t *testing.T, text string) {
		got := letter.Subject("", text)
		if !utf8.ValidString(got) || utf8.RuneCountInString(got) > letter.MaxSubject {
			t.Fatalf("%q became %q", text, got)
		}
		if i := strings.IndexFunc(got, unicode.IsControl); i >= 0 {
			t.Fatalf("%q holds a control character", got)
		}
	})
}

func FuzzParse(f *testing.F) {
	f.Add("=?utf-8?q?a=0d=0ab?= <a@b.org>")
	f.Add("\"a b\"@c.org")
	f.Add("=?utf-8?q?0000=09?=<0@0>")
	f.Fuzz(func(t *testing.T, text string) {
		address, err := letter.Parse(text)
		if err != nil {
			return
		}
		for _, s := range []string{address.Address, address.String()} {
			if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
				t.Fatalf("%q became %q", text, s)
			}
		}
		if strings.ContainsAny(address.Address, " ,<>") || letter.Domain(address.Address) == "" {
			t.Fatalf("%q became %q", text, address.Address)
		}
	})
}
