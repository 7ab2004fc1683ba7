package farend

import (
	"encoding/json"
	"net/url"
	"slices"
	"unicode/utf16"
)

// Slack's limits (https://docs.slack.dev/reference/block-kit/blocks/). The total
// is in no document (https://github.com/slackapi/bolt-js/issues/2509).
const (
	maxBlocks      = 50
	maxBlockChars  = 13200
	maxSection     = 3000
	maxFields      = 10
	maxFieldChars  = 2000
	maxHeaderChars = 150
	maxElements    = 10
	maxAttachments = 100
)

type slackText struct {
	Type string `json:"type"`
	Text string `json:"text"`
}

type slackBlock struct {
	Type     string      `json:"type"`
	Text     *slackText  `json:"text"`
	Fields   []slackText `json:"fields"`
	Elements []slackText `json:"elements"`
}

type slackAttachment struct {
	Text   string       `json:"text"`
	Blocks []slackBlock `json:"blocks"`
}

// checkMessage returns Slack's error code for a message that it would not take.
func checkMessage(form url.Values) string {
	var blocks []slackBlock
	if text := form.Get("blocks"); text != "" && json.Unmarshal([]byte(text), &blocks) != nil {
		return "invalid_blocks_format"
	}
	var attachments []slackAttachment
	if text := form.Get("attachments"); text != "" && json.Unmarshal([]byte(text), &attachments) != nil {
		return "invalid_attachments"
	}
	if len(attachments) > maxAttachments {
		return "too_many_attachments"
	}
	if form.Get("text") == "" && len(blocks) == 0 && len(attachments) == 0 {
		return "no_text"
	}
	for _, a := range attachments {
		blocks = append(blocks, a.Blocks...)
	}
	return checkBlocks(blocks)
}

// checkBlocks counts the blocks of all attachments together; Slack may be kinder.
func checkBlocks(blocks []slackBlock) string {
	total := 0
	for _, b := range blocks {
		if !b.good() {
			return "invalid_blocks"
		}
		total += b.chars()
	}
	switch {
	case len(blocks) > maxBlocks:
		return "invalid_blocks"
	case total > maxBlockChars:
		return "msg_blocks_too_long"
	}
	return ""
}

func (b slackBlock) good() bool {
	switch b.Type {
	case "header":
		return b.Text != nil && b.Text.Type == "plain_text" && b.Text.within(maxHeaderChars)
	case "section":
		if b.Text == nil && len(b.Fields) == 0 || len(b.Fields) > maxFields {
			return false
		}
		return (b.Text == nil || b.Text.within(maxSection)) && allWithin(b.Fields, maxFieldChars)
	case "context":
		return len(b.Elements) > 0 && len(b.Elements) <= maxElements && allWithin(b.Elements, maxSection)
	case "divider":
		return true
	}
	return false // whatever else Slack knows, nothing here sends it
}

func (b slackBlock) chars() int {
	n := 0
	if b.Text != nil {
		n = b.Text.chars()
	}
	for _, t := range slices.Concat(b.Fields, b.Elements) {
		n += t.chars()
	}
	return n
}

// chars counts as JavaScript does, which is never fewer than a person would count.
func (t slackText) chars() int { return len(utf16.Encode([]rune(t.Text))) }

func (t slackText) within(limit int) bool {
	return (t.Type == "mrkdwn" || t.Type == "plain_text") && t.Text != "" && t.chars() <= limit
}

func allWithin(texts []slackText, limit int) bool {
	for _, t := range texts {
		if !t.within(limit) {
			return false
		}
	}
	return true
}
