package templates

import (
	"encoding/json"
	"errors"
	"regexp"
	"strings"
)

const (
	// maxSubject keeps a subject readable; no standard bounds it.
	maxSubject = 250
	// maxSummary is PagerDuty's bound in characters: a longer one is refused
	// (https://developer.pagerduty.com/docs/events-api-v2-overview).
	maxSummary = 1024
	// maxSlack is below the 4,000 characters beyond which Slack refuses an update
	// (https://docs.slack.dev/reference/methods/chat.update, msg_too_long).
	maxSlack = 3900
)

// finish brings what a template printed into the form that the part's far end
// takes, whoever wrote the template. An error means that it has no such form.
func finish(part, text string) (string, error) {
	if part == WebhookBody {
		return checkJSON(text)
	}
	text = strings.TrimSpace(tidy(text))
	if text == "" && part != SlackDetails && part != SlackBody { // which are pieces, and may be left out
		return "", errors.New("the template prints nothing")
	}
	switch part {
	case MailSubject:
		return truncate(maxSubject, oneline(text)), nil
	case PagerDutySummary:
		return truncate(maxSummary, oneline(text)), nil
	case SlackText:
		return cutMrkdwn(squeeze(text)), nil
	case SlackDetails:
		return valued(text), nil
	case SlackBody:
		return squeeze(text), nil
	case MailText:
		return finishText(text), nil
	}
	return squeeze(text) + "\n", nil
}

func checkJSON(text string) (string, error) {
	text = strings.TrimSpace(text)
	if !json.Valid([]byte(text)) {
		return "", errors.New("what the template prints is no JSON: put values in with {{json .}}")
	}
	return text, nil
}

// finishText takes angle brackets out, because NS8's mailer takes a text with
// `<…>` in it for HTML, and breaks lines that no mail may have: 998 bytes at most
// (RFC 5322, 2.1.1).
func finishText(text string) string {
	text = strings.NewReplacer("<", "‹", ">", "›").Replace(squeeze(text))
	var out []string
	for line := range strings.Lines(text) {
		line = strings.TrimRight(line, "\n")
		if len(line) < 900 {
			out = append(out, line)
			continue
		}
		out = append(out, broken(line, 200)...)
	}
	return strings.Join(out, "\n") + "\n"
}

// valued leaves out the names of facts that have no value.
func valued(text string) string {
	var out []string
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" && !strings.HasSuffix(line, ":") {
			out = append(out, line)
		}
	}
	return strings.Join(out, "\n")
}

// emptyLines are two and more empty lines, and blanks at a line's end.
var emptyLines = regexp.MustCompile(`[ \t]*\n(?:[ \t]*\n)+`)

// squeeze leaves one empty line where a template left several.
func squeeze(text string) string { return emptyLines.ReplaceAllString(text, "\n\n") }

// halfEntity is an escaped character that was cut in two.
var halfEntity = regexp.MustCompile(`&[a-z]{0,3}…$`)

func cutMrkdwn(text string) string {
	return halfEntity.ReplaceAllString(truncate(maxSlack, text), "…")
}
