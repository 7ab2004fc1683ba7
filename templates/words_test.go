package templates_test

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/event/samples"
	"bellhop/templates"
)

func TestSubjects(t *testing.T) {
	const place = " – Nightly to B2 on ns8.example.org"
	want := map[string]string{
		"partial":           "⚠️ Backup partially failed" + place,
		"repo-failure":      "❌ Backup failed – possible repository error" + place,
		"missed":            "❌ Backup did not run" + place,
		"redis-unavailable": "❌ Backup failed – the cluster's state could not be read" + place,
		"third-run":         "⚠️ Backup partially failed, third run in a row" + place,
		"resolved":          "✅ Backup completed successfully (recovered)" + place,
		"success":           "✅ Backup completed successfully" + place,
		"test":              "[TEST] 🔔 Test notice, nothing is wrong" + place,
		"no-status":         "❌ Backup failed – possible repository error – plan 7 on cluster 5f1c7c0a-3f0e-4b36-9a56-2f4de0a7b0f1",
	}
	for name, subject := range want {
		if got := render(t, templates.MailSubject, sample(t, name)); got != subject {
			t.Errorf("%s:\n got %s\nwant %s", name, got, subject)
		}
	}
}

// TestR6AReminderIsMarked: nobody shall take it for news.
func TestR6AReminderIsMarked(t *testing.T) {
	for language, want := range map[string][2]string{
		"en": {"partially failed, still failing (reminder)", "Reminder: "},
		"it": {"parzialmente fallito, ancora in errore (promemoria)", "Promemoria: "},
	} {
		e := sample(t, "reminder")
		for _, status := range []event.Status{event.StatusOpen, event.StatusChanged} {
			e.Status, e.FailedRuns = status, 3
			for _, part := range []string{templates.MailSubject, templates.MailText, templates.MailHTML, templates.SlackText, templates.PagerDutySummary} {
				if text := renderIn(t, language, part, e); !strings.Contains(text, want[0]) {
					t.Errorf("%s: %s of a reminder: %s", language, part, text)
				}
			}
		}
		alert := sample(t, "alert")
		alert.Reminder = true
		if text := renderIn(t, language, templates.MailSubject, alert); !strings.Contains(text, want[1]) {
			t.Errorf("%s: the subject of an alert's reminder: %s", language, text)
		}
	}
}

// TestR7OnlyASuccessIsGreen: an end that nobody saw a good run for says so.
func TestR7OnlyASuccessIsGreen(t *testing.T) {
	const green, grey = "background:#15803d", "background:#4b5563"
	for _, language := range templates.Languages() {
		for name, wanted := range map[string]string{"resolved": green, "plan-gone": grey, "unreadable": grey, "unreported": grey, "alert-unreported": grey} {
			e := sample(t, name)
			if html := renderIn(t, language, templates.MailHTML, e); !strings.Contains(html, wanted) || strings.Contains(html, green) != (wanted == green) {
				t.Errorf("%s: the mail of %s has the wrong colour", language, name)
			}
			for _, part := range []string{templates.MailSubject, templates.MailText, templates.SlackText} {
				text := renderIn(t, language, part, e)
				if strings.Contains(text, "✅") != (wanted == green && part != templates.MailText) {
					t.Errorf("%s: %s of %s: %s", language, part, name, text)
				}
			}
		}
	}
}

// TestR7EachEndIsSaid holds by what an incident ended.
func TestR7EachEndIsSaid(t *testing.T) {
	for name, want := range map[string]string{
		"resolved":   "recovered",
		"plan-gone":  "no longer reported: the plan was removed or disabled",
		"unreadable": "no alert fires any more, but the cluster's state could not be read",
		"unreported": "no longer reported: no newer successful run on record",
	} {
		e := sample(t, name)
		if summary := render(t, templates.PagerDutySummary, e); !strings.HasSuffix(summary, want) {
			t.Errorf("%s: %s", name, summary)
		}
		text := strings.Join(strings.Fields(render(t, templates.MailText, e)), " ")
		for _, want := range []string{"Files & calendars", "The repository is locked", "Since 2026-11-19 02:30 +01:00, 3 failed runs", "3 days"} {
			if !strings.Contains(text, want) {
				t.Errorf("%s does not say %q:\n%s", name, want, text)
			}
		}
		if strings.Contains(text, " FAILED ") {
			t.Errorf("%s says that something fails:\n%s", name, text)
		}
	}
}

// TestAnEndOfUnknownModulesTellsNoFailure: what is still known of them is not news.
func TestAnEndOfUnknownModulesTellsNoFailure(t *testing.T) {
	e := sample(t, "unreported")
	e.Modules = e.Was.Modules
	for _, part := range []string{templates.MailText, templates.MailHTML} {
		if text := render(t, part, e); strings.Count(text, "Files &") != 1 {
			t.Errorf("%s tells it twice:\n%s", part, text)
		}
	}
}

// TestAnAlertSpeaksTheReadersLanguage takes the words that fit best.
func TestAnAlertSpeaksTheReadersLanguage(t *testing.T) {
	for _, c := range []struct {
		annotations map[string]string
		en, it      string
	}{
		{map[string]string{"summary_en": "a", "summary_it": "b", "summary": "c"}, "a", "b"},
		{map[string]string{"summary": "c", "description": "d"}, "c", "c"},
		{map[string]string{"summary_en": "a"}, "a", "a"},
		{map[string]string{"description_it": "b", "description": "d"}, "d", "b"},
		{map[string]string{"summary": " \n"}, "DiskSpaceCritical", "DiskSpaceCritical"},
		{nil, "DiskSpaceCritical", "DiskSpaceCritical"},
	} {
		e := sample(t, "alert")
		e.Alerts[0].Annotations = c.annotations
		for language, want := range map[string]string{"en": "ns8.example.org: " + c.en, "it": "ns8.example.org: " + c.it} {
			if got := renderIn(t, language, templates.PagerDutySummary, e); got != want {
				t.Errorf("%v in %s: %s", c.annotations, language, got)
			}
		}
	}
}

// TestAnAlertWithManyLabelsStillReads: whoever writes alerts sets no bound to them.
func TestAnAlertWithManyLabelsStillReads(t *testing.T) {
	e := sample(t, "alert")
	for i := range 300 {
		e.Alerts[0].Labels[strings.Repeat("n", 300)+string(rune('a'+i%26))+strings.Repeat("x", i)] = strings.Repeat("v", 2000)
	}
	e.Alerts[0].Annotations["description_en"] = strings.Repeat("long ", 2000)
	for _, part := range templates.Parts() {
		if text := render(t, part, e); part != templates.WebhookBody {
			checkWhole(t, part, text)
			if len(text) > 12<<10 {
				t.Errorf("%s has %d bytes", part, len(text))
			}
		}
	}
}

func TestASignFitsTheSeverity(t *testing.T) {
	for severity, sign := range map[event.Severity]string{"critical": "❌", "error": "❌", "warning": "⚠️", "info": "🔔", "": "❌"} {
		for _, name := range []string{"alert", "event"} {
			e := sample(t, name)
			e.Severity = severity
			if subject := render(t, templates.MailSubject, e); !strings.HasPrefix(subject, sign) {
				t.Errorf("%s: %s", severity, subject)
			}
		}
	}
}

func TestR4MissedIsNeverARepositoryError(t *testing.T) {
	e := sample(t, "missed")
	for _, part := range templates.Parts() {
		text := render(t, part, e)
		if strings.Contains(text, "possible repository error") {
			t.Errorf("%s speaks of a repository error", part)
		}
		titled := part == templates.ShoutrrrText || part == templates.SlackDetails || part == templates.SlackBody // beneath a mail's subject
		if part != templates.WebhookBody && !titled && !strings.Contains(text, "did not run") {
			t.Errorf("%s does not say that the plan did not run: %s", part, text)
		}
	}
	if strings.Contains(templates.Plain("en", e), "possible repository error") || !strings.Contains(templates.Plain("en", e), "did not run") {
		t.Error("the plain text does not say it either")
	}
}

func TestR3OneCauseIsSaidOnce(t *testing.T) {
	text := render(t, templates.MailText, sample(t, "repo-failure"))
	if n := strings.Count(text, "the destination does not answer"); n != 1 {
		t.Errorf("the cause is said %d times", n)
	}
	if n := strings.Count(text, "connection refused"); n != 1 {
		t.Errorf("the far end's words are said %d times", n)
	}
}

// TestNightWatch holds what a person needs first.
func TestNightWatch(t *testing.T) {
	for _, part := range []string{templates.MailText, templates.MailHTML} {
		text := render(t, part, sample(t, "third-run"))
		for _, want := range []string{
			"Nightly to B2", "ns8.example.org", "nextcloud1, node 1", "The repository is locked", "already locked",
			"2026-11-18 02:10 +01:00, 3 days old", "unlock", "mail1", externalURL, "2026-11-19 02:30 +01:00, 3 failed runs",
		} {
			if !strings.Contains(text, strings.ReplaceAll(want, "+", plus(part))) {
				t.Errorf("%s lacks %q", part, want)
			}
		}
	}
}

// plus is how a part writes a plus sign.
func plus(part string) string {
	if part == templates.MailHTML {
		return "&#43;"
	}
	return "+"
}

func TestLargeIsSummarised(t *testing.T) {
	e := sample(t, "large")
	for i := range e.Modules[:100] {
		e.Modules[i].State, e.Modules[i].Cause = event.StateFailed, event.CauseNoSpace
	}
	text := render(t, templates.MailText, e)
	if !strings.Contains(text, "and 75 more") || !strings.Contains(text, "105 of 300 modules failed, 195 are ok.") {
		t.Errorf("30 failed modules and the number of the rest were wanted:\n%s", text)
	}
	if n := len(render(t, templates.MailHTML, e)); n > 64<<10 {
		t.Errorf("the HTML has %d bytes", n)
	}
}

func TestPagerHearsTheMostTellingFirst(t *testing.T) {
	want := map[string]string{
		"partial":  "ns8.example.org: backup Nightly to B2 partially failed: nextcloud1 (wrong repository password)",
		"resolved": "ns8.example.org: backup Nightly to B2 recovered",
		"missed":   "ns8.example.org: backup Nightly to B2 did not run",
	}
	for name, summary := range want {
		if got := render(t, templates.PagerDutySummary, sample(t, name)); got != summary {
			t.Errorf("%s: %s", name, got)
		}
	}
}

func TestTestNoticesAreMarked(t *testing.T) {
	for _, s := range samples.All() {
		s.Event.Kind = event.KindTest
		for _, part := range []string{templates.MailSubject, templates.PagerDutySummary} {
			if got := render(t, part, s.Event); !strings.Contains(got, "TEST") {
				t.Errorf("%s of %s is not marked: %s", part, s.Name, got)
			}
		}
		for _, part := range []string{templates.MailText, templates.MailHTML, templates.SlackText, templates.SlackBody} {
			if !strings.Contains(render(t, part, s.Event), "This is a test.") {
				t.Errorf("%s of %s is not marked", part, s.Name)
			}
		}
	}
}

func TestALateNoticeSaysSo(t *testing.T) {
	e := sample(t, "partial")
	set := load(t, "", e.Time.Add(6*time.Hour+20*time.Minute))
	for _, part := range []string{templates.MailText, templates.MailHTML, templates.SlackText, templates.SlackBody} {
		text, err := set.Render(part, e)
		if err != nil || !strings.Contains(text, "This notice is 6 h 20 min late") {
			t.Errorf("%s: %v\n%s", part, err, text)
		}
	}
}

func TestWebhookBodyIsTheEvent(t *testing.T) {
	for _, s := range samples.All() {
		want, err := json.Marshal(s.Event)
		if err != nil {
			t.Fatal(err)
		}
		if got := render(t, templates.WebhookBody, s.Event); got != string(want) {
			t.Errorf("%s: %s", s.Name, got)
		}
	}
}

// TestEveryCauseHasWords fails when a cause is added and nobody says it.
func TestEveryCauseHasWords(t *testing.T) {
	for _, c := range []event.Cause{
		event.CauseUnreachable, event.CauseDenied, event.CauseWrongPassword, event.CauseNoRepository, event.CauseLocked,
		event.CauseDamaged, event.CauseNoSpace, event.CauseRetention, event.CauseStats, event.CauseModule,
		event.CauseNoStatus, event.CauseNotRun, event.CauseRedisUnavailable,
	} {
		for _, name := range []string{"cause." + string(c), "advice." + string(c)} {
			if !slices.Contains(templates.BuiltinNames(), name) {
				t.Errorf("there is no template %s", name)
			}
		}
	}
}

func TestPoorEventsStillRead(t *testing.T) {
	for _, e := range []event.Event{
		{},
		{Status: event.StatusResolved, Outcome: event.Success, Was: &event.Trouble{Outcome: event.RepoFailure, Cause: event.CauseNoStatus}},
		{Status: event.StatusOpen, Outcome: event.Partial, Modules: []event.Module{{ID: "mail1", State: event.StateUnknown}, {ID: "mail2", State: event.StateMissing}}},
		{Kind: "alert"}, {Kind: "event"}, {Kind: "alert", Alerts: []event.Alert{{}}}, {Kind: "event", Status: event.StatusResolved, EndedBy: "odd", Payload: &event.Payload{}},
		{Status: event.StatusResolved, EndedBy: "odd"}, {Kind: "alert", Status: event.StatusResolved, EndedBy: "unreported"},
		{Status: event.StatusChanged, Outcome: event.RepoFailure, FailedRuns: 21, Cause: "new_cause", Modules: []event.Module{{ID: "a", State: "odd"}}},
	} {
		for _, language := range templates.Languages() {
			for _, part := range templates.Parts() {
				checkWhole(t, part, renderIn(t, language, part, e))
			}
		}
	}
}
