package templates_test

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"bellhop/templates"
)

// example is a text in the manual: a comment that names sample and part, and what
// the template makes of them.
var example = regexp.MustCompile("(?s)<!-- ((?:it/)?)([a-z-]+) ([a-z.]+) -->\n```(json|)\n(.*?)```")

// TestTheManualShowsWhatIsSent renders each text of docs/messages.md; with -update
// it writes them.
func TestTheManualShowsWhatIsSent(t *testing.T) {
	file := filepath.Join("..", "docs", "messages.md")
	page, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]bool{}
	fresh := example.ReplaceAllStringFunc(string(page), func(text string) string {
		m := example.FindStringSubmatch(text)
		shown[m[1]+m[2]+" "+m[3]] = true
		head, _, _ := strings.Cut(text, "```")
		return head + "```" + m[4] + "\n" + shownAs(t, m[1], m[2], m[3]) + "\n```"
	})
	compare(t, file, fresh)
	for _, sample := range []string{"partial", "third-run", "resolved"} {
		for _, part := range templates.Parts() {
			picture := part == templates.MailHTML
			wordless := part == templates.PagerDutySummary && sample == "resolved"
			if !shown[sample+" "+part] && !picture && !wordless {
				t.Errorf("%s of %s is not shown", part, sample)
			}
		}
	}
}

// shownAs is a part as people see it.
func shownAs(t *testing.T, language, name, part string) string {
	t.Helper()
	language = strings.TrimSuffix(language, "/")
	if language == "" {
		language = "en"
	}
	text := strings.TrimSpace(renderIn(t, language, part, sample(t, name)))
	if part != templates.WebhookBody {
		return text
	}
	var b bytes.Buffer
	if err := json.Indent(&b, []byte(text), "", "  "); err != nil {
		t.Fatal(err)
	}
	return b.String()
}
