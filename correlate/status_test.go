package correlate

import (
	"strings"
	"testing"
	"time"
	"unicode/utf8"
)

func noon() time.Time { return time.Unix(1_790_000_000, 0).UTC() }

func TestR3DamageIsNamed(t *testing.T) {
	const whole = `"start":1789990000,"end":1789990600,"errors":0`
	for _, c := range []struct{ raw, want string }{
		{`{` + whole + `}`, ""},
		{`{` + whole + `,"total_size":"12","total_file_count":3.0,"more":{"x":[1]}}`, ""},
		{``, "it is empty"},
		{"\n", "it is empty"},
		{`{`, "it is not JSON"},
		{`{` + whole + `} {}`, "it is not JSON"},
		{`7`, "it is no JSON object"},
		{`null`, "it is no JSON object"},
		{`"x"`, "it is no JSON object"},
		{`[{}]`, "it is no JSON object"},
		{strings.Repeat("[", 50000), "it is not JSON"},
		{`{"start":` + strings.Repeat("9", 70000) + `}`, "it is longer than 65536 bytes"},
		{`{}`, "it has no start time"},
		{`{"start":1789990000}`, "it has no end time"},
		{`{"start":1789990000,"end":null,"errors":0}`, "it has no end time"},
		{`{"start":1789990000,"end":{},"errors":0}`, "it has no end time"},
		{`{"start":0,"end":1789990600,"errors":0}`, "its start time makes no sense"},
		{`{"start":-1,"end":1789990600,"errors":0}`, "its start time makes no sense"},
		{`{"start":1789990000,"end":99999999999999999999,"errors":0}`, "its end time makes no sense"},
		{`{"start":1789990000,"end":1e300,"errors":0}`, "its end time makes no sense"},
		{`{"start":1789990000,"end":9223372036854775807,"errors":0}`, "its end time makes no sense"},
		{`{"start":1789990000,"end":1789990600.5,"errors":0}`, "its end time makes no sense"},
		{`{"start":1789990000,"end":1789980000,"errors":0}`, "it ends before it starts"},
		{`{"start":1689990000,"end":1789990600,"errors":0}`, "its start time makes no sense"},
		{`{"start":1789990000,"end":1790003601,"errors":0}`, "its end time lies in the future"},
		{`{"start":1789990000,"end":1790003600,"errors":0}`, ""},
		{`{"start":1789990000,"end":1789990600}`, "it does not say how many errors there were"},
		{`{"start":1789990000,"end":1789990600,"errors":"two"}`, "its errors is no number"},
		{`{"start":1789990000,"end":1789990600,"errors":-1}`, "its errors is negative"},
		{`{` + whole + `,"total_size":-5}`, "its total_size is negative"},
		{`{` + whole + `,"snapshots_count":"NaN"}`, "its snapshots_count is no number"},
	} {
		if got := parseNode(c.raw, noon()).damage.Error(); got != c.want {
			t.Errorf("%.80s: got %q, want %q", c.raw, got, c.want)
		}
	}
}

func TestFlatTimestamps(t *testing.T) {
	want := time.Date(2026, 9, 21, 10, 0, 0, 0, time.UTC)
	for _, s := range []string{
		"2026-09-21T10:00:00Z", "2026-09-21T12:00:00+02:00", "2026-09-21T12:00:00+0200",
		"2026-09-21 10:00:00", "2026-09-21T10:00:00.000000+00:00", " 2026-09-21T10:00:00Z\n",
	} {
		if got, bad := moment(s); bad.found() || !got.Equal(want) {
			t.Errorf("%q: got %v, %v", s, got, bad)
		}
	}
	for _, s := range []string{"", "yesterday", "1789990000", "0001-01-01T00:00:00Z"} {
		if got, bad := moment(s); !bad.found() {
			t.Errorf("%q: got %v", s, got)
		}
	}
}

func TestR23ErrorTextsAreCutAndHoldNoCredentials(t *testing.T) {
	got := excerpt("open rest:https://me:geheim@host/ " + strings.Repeat("é", 400) + "\xff")
	if strings.Contains(got, "geheim") || len(got) > maxError || !utf8.ValidString(got) || !strings.HasSuffix(got, "é…") {
		t.Errorf("got %q", got)
	}
	if got := excerpt(" a\xffb\n"); got != "a\uFFFDb" {
		t.Errorf("got %q", got)
	}
}

func FuzzStatus(f *testing.F) {
	for _, seed := range []string{
		`{"start": 1789990000, "total_size": 734003200, "total_file_count": 18231, "snapshots_count": 1, "errors": 0, "end": 1789990600}`,
		`{"start":"1e9","end":"0x7f","errors":[]}`, `{"errors":{"errors":{"errors":1}}}`, `7`, ``, `"\ud800"`,
		"2026-09-21T12:00:00+02:00", "-9223372036854775808", "1e400", "\xff\xfe", "error",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		sound(t, parseNode(raw, noon()))
		hash := map[string]string{"start": "1789990000", "end": "1789990600", "errors": "0"}
		for _, name := range []string{"start", "end", "errors", "total_size", "total_file_count", "snapshots_count"} {
			was := hash[name]
			hash[name] = raw
			sound(t, parseModule(hash, noon()))
			hash[name] = was
		}
		sound(t, parseFlat(map[string]string{"timestamp": raw, "result": "error"}, noon()))
		sound(t, parseFlat(map[string]string{"timestamp": "2026-09-21T10:00:00Z", "result": raw}, noon()))
		sound(t, parseFlat(map[string]string{"timestamp": "2026-09-21T10:00:00Z", "result": "error", "error": raw}, noon()))
	})
}

// sound holds for every status, whatever it was read from.
func sound(t *testing.T, st status) {
	t.Helper()
	switch {
	case !st.damage.found() && !st.dated(),
		st.dated() && (st.start.IsZero() || st.end.Before(st.start) || st.end.Sub(st.start) > maxRun),
		st.end.After(noon().Add(maxAhead)),
		st.size < 0,
		len(st.text) > maxError,
		!utf8.ValidString(st.text),
		st.suspect && (st.failed || st.damage.found()):
		t.Errorf("unsound: %+v", st)
	}
}
