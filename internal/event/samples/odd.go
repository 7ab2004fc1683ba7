package samples

import (
	"fmt"
	"strings"
	"time"

	"bellhop/internal/event"
)

// hostile has in every text something that could become markup, a header, a
// command or a template where it is not taken for what it is: text.
func hostile() event.Event {
	e := partial()
	e.Cluster.Name = "ns8.example.org\r\nBcc: everybody@example.org"
	e.Plan.Name = `<b onclick="alert(1)">Nightly</b> {{.Cluster}} & <!channel> *bold*`
	e.Destination.Name = "B2\x00 \u202egnp.exe <script>alert(1)</script>"
	e.Modules[1].ID = "nextcloud1; rm -rf /"
	e.Modules[1].Name = "קבצים 🗂️ </td></table><img src=x onerror=alert(1)>"
	e.Modules[1].Node = "1\r\n.\r\n"
	e.Modules[1].Error = longError()
	e.Modules[2].Name = `{{template "mail.text" .}}`
	e.Notes = append(e.Notes, "A note with <a href=\"javascript:alert(1)\">a link</a>, \xff\xfe bytes that are no UTF-8, and\ntwo lines.")
	e.AddNote(event.Note{
		Code: event.NoteKeyUnreadable, Names: []string{e.Modules[1].ID},
		Values: map[string]string{"key": "<!channel> {{.Plan}}", "error": "no\r\nBcc: everybody@example.org\x00"},
		Text:   "the cluster's Redis does not let <!channel> {{.Plan}} be read: no\r\nBcc: everybody@example.org\x00",
	})
	e.Alerts[0].Labels["name"] = e.Plan.Name
	return e
}

// longError is as much as an event holds of a far end's words: 4 KiB, without a
// space in most of it.
func longError() string {
	text := "Fatal: <script>alert('x')</script> </style></pre> {{.Plan.Name}} \x00\x1b[31m --><!-- \r\nSubject: owned\r\n\r\n" +
		"<Stat: connection refused> 💥 & &amp; \"quoted\" `ticks`\n"
	text += strings.Repeat("<&\"'>", 4096/5)
	return text[:4096]
}

// large is a plan of 300 modules of which 7 failed for three reasons.
func large() event.Event {
	e := opened()
	causes := []event.Cause{event.CauseLocked, event.CauseModule, event.CauseNoSpace}
	for i := range 300 {
		node := fmt.Sprint(i%6 + 1)
		m := event.Module{
			ID: fmt.Sprintf("mail%d", i+1), Node: node, State: event.StateOK, Size: int64(i+1) << 20,
			Start: e.Run.Start.Add(time.Duration(i) * time.Second), End: e.Run.Start.Add(time.Duration(i+60) * time.Second),
		}
		if i%43 == 20 {
			fail(&m, causes[i%3], "")
			m.LastSnapshot = e.Time.Add(-26 * time.Hour)
		}
		e.Modules = append(e.Modules, m)
	}
	e.Run.End = e.Modules[299].End
	return e
}
