package slack_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/sinks"
	"bellhop/sinks/slack"
)

const posted = "/api/chat.postMessage"

// incident is what the queue keeps for one: what is remembered, and whether the message
// that is tried again may have been heard.
type incident struct {
	desk   *desk
	memory []byte
}

// tell sends one notice of the incident, once, and keeps the receipt as the queue does.
func (i *incident) tell(t *testing.T, status event.Status, news string) (sinks.Receipt, error) {
	t.Helper()
	m := message(status)
	m.Text["slack.text"], m.Memory = news, i.memory
	receipt, err := i.desk.send(t, m)
	if receipt.Memory != nil {
		i.memory = receipt.Memory
	}
	return receipt, err
}

// must is tell where nothing may go wrong.
func (i *incident) must(t *testing.T, status event.Status, news string) sinks.Receipt {
	t.Helper()
	receipt, err := i.tell(t, status, news)
	if err != nil {
		t.Fatal(err)
	}
	return receipt
}

// shows compares what stands in the channel: "text*2 [reply, reply]" for a message that
// was edited twice and has two replies.
func (d *desk) shows(t *testing.T, want ...string) {
	t.Helper()
	var got []string
	for _, thread := range d.Threads("#backups") {
		line := thread.Text
		if thread.Edits > 0 {
			line += fmt.Sprint("*", thread.Edits)
		}
		var replies []string
		for _, r := range thread.Replies {
			replies = append(replies, r.Text)
		}
		if replies != nil {
			line += " [" + strings.Join(replies, ", ") + "]"
		}
		got = append(got, line)
	}
	if strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("the channel shows\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

// calls lists the methods called since n requests ago.
func (d *desk) calls(from int) (paths []string) {
	for _, r := range d.Requests()[from:] {
		paths = append(paths, r.Path)
	}
	return paths
}

func TestR5OneIncidentIsOneMessageWithAThread(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	i.must(t, event.StatusChanged, "two failed")
	receipt := i.must(t, event.StatusResolved, "all well")
	d.shows(t, "all well*2 [two failed, all well]")
	thread := d.Threads("#backups")[0]
	if !strings.Contains(thread.Attachments, "#2eb67d") || !strings.Contains(thread.Attachments, "What was wrong") || !strings.Contains(thread.Blocks, "recovered") {
		t.Errorf("the message does not show the end: %s %s", thread.Blocks, thread.Attachments)
	}
	for _, ts := range []string{thread.TS, thread.Replies[1].TS} {
		if !strings.Contains(receipt.Status, ts) {
			t.Errorf("the receipt %q does not name %s", receipt.Status, ts)
		}
	}
	for _, r := range d.Requests() {
		if body := string(r.Body); !strings.Contains(body, "parse=none") || !strings.Contains(body, "link_names=false") {
			t.Errorf("Slack may read mentions into %s", body)
		}
	}
}

// Memory is what a restart leaves, and rows of former versions know less.
func TestRestartAndOldRowsLoseNoThread(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	p := d.Messages()[0]
	i.memory = fmt.Appendf(nil, `{"channel":%q,"ts":%q}`, p.ID, p.TS)
	d.restart(t, config(d.url, "#backups"))
	i.must(t, event.StatusChanged, "two failed")
	d.shows(t, "two failed*1 [two failed]")
	for _, odd := range []string{"", "null", "[]", "{", `{"channel":"C1"}`, `{"ts":"1.2"}`, "\xff"} {
		i.memory = []byte(odd)
		if i.must(t, event.StatusChanged, "again"); len(d.Threads("#backups")) < 2 {
			t.Errorf("the memory %q lost the notice", odd)
		}
	}
}

func TestTriggerAfterTheEndIsANewMessage(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	i.must(t, event.StatusResolved, "all well")
	i.must(t, event.StatusOpen, "failed again")
	i.must(t, event.StatusChanged, "and worse")
	d.shows(t, "all well*1 [all well]", "and worse*1 [and worse]")
}

func TestWithoutUpdateEachNoticeIsAMessage(t *testing.T) {
	d := openDesk(t, token, func(url string) slack.Config {
		c := config(url, "#backups")
		c.Update = false
		return c
	})
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	i.must(t, event.StatusChanged, "two failed")
	i.must(t, event.StatusResolved, "all well")
	d.shows(t, "one failed", "two failed", "all well")
}

// Whatever keeps the first message from being edited, the news is told, once, and the
// message that tells it is the one to be edited from then on.
func TestMessageThatCannotBeEditedIsReplaced(t *testing.T) {
	for name, hinder := range map[string]func(d *desk){
		"deleted by a person": func(d *desk) { d.Delete(d.Messages()[0].TS) },
		"edit window closed":  func(d *desk) { d.pass(time.Hour); d.EditWithin(time.Minute) },
	} {
		d := newDesk(t, token, "#backups")
		i := &incident{desk: d}
		i.must(t, event.StatusOpen, "one failed")
		hinder(d)
		i.must(t, event.StatusChanged, "two failed")
		i.must(t, event.StatusResolved, "all well")
		if name == "edit window closed" {
			d.shows(t, "one failed", "all well*1 [all well]")
		} else {
			d.shows(t, "all well*1 [all well]")
		}
	}
	for _, code := range []string{"message_not_found", "cant_update_message", "edit_window_closed", "block_mismatch", "is_inactive",
		"external_channel_migrating", "channel_not_found", "not_in_channel", "msg_too_long", "invalid_blocks", "update_failed", "something_new"} {
		d := newDesk(t, token, "#backups")
		i := &incident{desk: d}
		i.must(t, event.StatusOpen, "one failed")
		d.Inject(says(code))
		if receipt := i.must(t, event.StatusChanged, "two failed"); !strings.Contains(receipt.Status, code) {
			t.Errorf("the receipt does not say why there is a new message: %q", receipt.Status)
		}
		i.must(t, event.StatusResolved, "all well")
		d.shows(t, "one failed", "all well*1 [all well]")
	}
}

// Where Slack is away, or takes the token no more, it is not the message's fault.
func TestR12EditThatIsRefusedForNowIsTriedAgain(t *testing.T) {
	wait := func(d time.Duration) retry.Judgement {
		return retry.Judgement{Verdict: retry.Away, Wait: d, Refused: true}
	}
	for name, c := range map[string]struct {
		fault farend.Fault
		want  retry.Judgement
	}{
		"pace":            {farend.Fault{Status: 429, Header: http.Header{"Retry-After": {"17"}}}, wait(17 * time.Second)},
		"pace, no header": {farend.Fault{Status: 429}, wait(5 * time.Second)},
		"pace, as a code": {says("ratelimited"), wait(5 * time.Second)},
		"quota":           {says("message_limit_exceeded"), wait(0)},
		"trouble":         {says("internal_error"), retry.Judgement{Verdict: retry.Away}},
		"502":             {farend.Fault{Status: 502}, retry.Judgement{Verdict: retry.Away}},
		"a portal":        {farend.Fault{Status: 200, Body: "<html>"}, retry.Judgement{Verdict: retry.Away}},
		"cut":             {farend.Fault{Cut: true}, retry.Judgement{Verdict: retry.Away}},
		"lost":            {farend.Fault{Cut: true, Taken: true}, retry.Judgement{Verdict: retry.Away}},
		"token":           {says("invalid_auth"), refused(retry.Misconfigured)},
		"scope":           {says("missing_scope"), refused(retry.Misconfigured)},
		"url":             {farend.Fault{Status: 404}, refused(retry.Misconfigured)},
	} {
		d := newDesk(t, token, "#backups")
		i := &incident{desk: d}
		i.must(t, event.StatusOpen, "one failed")
		d.Inject(c.fault)
		_, err := i.tell(t, event.StatusChanged, "two failed")
		if got := retry.Of(err); err == nil || got != c.want || !strings.Contains(err.Error(), "edit message "+d.Messages()[0].TS) {
			t.Errorf("%s: got %+v, want %+v: %v", name, got, c.want, err)
		}
		if n := len(d.Messages()); n != 1 {
			t.Errorf("%s: a failed edit made %d messages", name, n)
		}
		i.must(t, event.StatusChanged, "two failed")
		if threads := d.Threads("#backups"); len(threads) != 1 || len(threads[0].Replies) != 1 {
			t.Errorf("%s: the channel shows %+v", name, threads)
		}
	}
}

// An edit is seen though the reply failed, so the message counts as heard; and the
// reply is neither lost nor said twice.
func TestR14ReplyThatFailedIsSaidOnceAndTheEditCountsAsHeard(t *testing.T) {
	for name, c := range map[string]struct {
		fault farend.Fault
		want  retry.Judgement
	}{
		"pace":    {farend.Fault{Status: 429, Header: http.Header{"Retry-After": {"17"}}}, retry.Judgement{Verdict: retry.Away, Wait: 17 * time.Second}},
		"503":     {farend.Fault{Status: 503}, retry.Judgement{Verdict: retry.Away}},
		"cut":     {farend.Fault{Cut: true}, retry.Judgement{Verdict: retry.Away}},
		"trouble": {says("fatal_error"), retry.Judgement{Verdict: retry.Away}},
		"unknown": {says("something_new"), retry.Judgement{Verdict: retry.Later}},
		"token":   {says("token_revoked"), retry.Judgement{Verdict: retry.Misconfigured}},
		"channel": {says("is_archived"), retry.Judgement{Verdict: retry.Misconfigured}},
	} {
		d := newDesk(t, token, "#backups")
		i := &incident{desk: d}
		i.must(t, event.StatusOpen, "one failed")
		d.Inject(farend.Fault{}, c.fault)
		_, err := i.tell(t, event.StatusResolved, "all well")
		if got := retry.Of(err); err == nil || got != c.want || !strings.Contains(err.Error(), "which is edited") {
			t.Errorf("%s: got %+v, want %+v: %v", name, got, c.want, err)
		}
		d.shows(t, "all well*1")
		i.must(t, event.StatusResolved, "all well")
		d.shows(t, "all well*2 [all well]")
	}
}

// Slack cannot be asked whether it took a reply: it is said at least once.
func TestReplyWhoseAnswerIsLostIsSaidAgain(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	d.Inject(farend.Fault{}, farend.Fault{Cut: true, Taken: true})
	if _, err := i.tell(t, event.StatusChanged, "two failed"); retry.Of(err) != (retry.Judgement{Verdict: retry.Away}) {
		t.Errorf("got %v", err)
	}
	i.must(t, event.StatusChanged, "two failed")
	d.shows(t, "two failed*2 [two failed, two failed]")
}

// The receipt counts with an error, too: what is gone is not asked for again.
func TestMessageThatIsGoneIsForgottenThoughThePostFails(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	d.Delete(d.Messages()[0].TS)
	d.Inject(farend.Fault{}, farend.Fault{Status: 429})
	_, err := i.tell(t, event.StatusChanged, "two failed")
	if got := retry.Of(err); got != (retry.Judgement{Verdict: retry.Away, Wait: 5 * time.Second, Refused: true}) || !strings.Contains(err.Error(), "message_not_found") {
		t.Errorf("got %+v: %v", got, err)
	}
	before := len(d.Requests())
	i.must(t, event.StatusChanged, "two failed")
	if calls := d.calls(before); len(calls) != 1 || calls[0] != posted {
		t.Errorf("the retry called %v", calls)
	}
	d.shows(t, "two failed")
}

// An archived channel may come back, and the message in it.
func TestMessageInAnArchivedChannelIsNotForgotten(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	d.Archive("#backups", true)
	_, err := i.tell(t, event.StatusChanged, "two failed")
	if got := retry.Of(err); got != refused(retry.Misconfigured) || !strings.Contains(err.Error(), "archive") {
		t.Errorf("got %+v: %v", got, err)
	}
	d.Archive("#backups", false)
	i.must(t, event.StatusChanged, "two failed")
	d.shows(t, "two failed*1 [two failed]")
}

func TestThreadThatTakesNoRepliesIsLeftForANewMessage(t *testing.T) {
	for _, code := range []string{"cannot_reply_to_message", "restricted_action_non_threadable_channel"} {
		d := newDesk(t, token, "#backups")
		i := &incident{desk: d}
		i.must(t, event.StatusOpen, "one failed")
		d.Inject(farend.Fault{}, says(code))
		i.must(t, event.StatusChanged, "two failed")
		d.shows(t, "two failed*1", "two failed")

		d.Inject(farend.Fault{}, says(code), farend.Fault{Status: 429})
		if _, err := i.tell(t, event.StatusResolved, "all well"); err == nil || retry.Of(err).Refused {
			t.Errorf("the edit was seen, but: %v", err)
		}
	}
}

// A person deletes the message between the edit and the reply: Slack posts the reply
// without a thread, and that is the incident's message then.
func TestReplyWithoutAThreadBecomesTheMessage(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	first := d.Messages()[0].TS
	d.meanwhile(func(path string) {
		if path == posted {
			d.Delete(first)
		}
	})
	i.must(t, event.StatusChanged, "two failed")
	d.meanwhile(func(string) {})
	i.must(t, event.StatusResolved, "all well")
	d.shows(t, "all well*1 [all well]")
}

// Sixty changes within a minute, at the lane's pace: Slack takes fifty edits, says when
// the next may come, and nothing is lost.
func TestR13StormOfChangesKeepsSlacksLimits(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "0")
	waited := 0
	for n := range 60 {
		news := fmt.Sprint(n + 1)
		_, err := i.tell(t, event.StatusChanged, news)
		for ; err != nil; _, err = i.tell(t, event.StatusChanged, news) {
			j := retry.Of(err)
			if j.Verdict != retry.Away || j.Wait == 0 || waited > 10 {
				t.Fatalf("change %s: %+v: %v", news, j, err)
			}
			d.pass(j.Wait)
			waited++
		}
	}
	thread := d.Threads("#backups")[0]
	if waited == 0 || thread.Text != "60" || thread.Edits != 60 || len(thread.Replies) != 60 || thread.Replies[59].Text != "60" {
		t.Errorf("waited %d times; the channel shows %q with %d edits and %d replies", waited, thread.Text, thread.Edits, len(thread.Replies))
	}
}

// A reply is short, however much there is to say.
func TestReplyIsShort(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	i.must(t, event.StatusChanged, strings.Repeat("<!channel> & ", 500))
	reply := d.Threads("#backups")[0].Replies[0]
	if len(reply.Text) > 1000 || !strings.HasSuffix(reply.Text, "…") || strings.Contains(reply.Text, "<!") || reply.Blocks+reply.Attachments != "" {
		t.Errorf("the reply is %+v", reply)
	}
}

// A target of the time when the sink was a webhook is no channel: it is told where the
// sink tells now. That of another channel is still told there.
func TestTargetOfFormerSettingsIsStillTold(t *testing.T) {
	d := newDesk(t, token, "#backups")
	for _, target := range []string{"webhook at hooks.slack.com", "#other"} {
		m := message(event.StatusResolved)
		m.Target = target
		if _, err := d.send(t, m); err != nil {
			t.Error(err)
		}
	}
	if all := d.Messages(); len(all) != 2 || all[0].Channel != "#backups" || all[1].Channel != "#other" {
		t.Errorf("told in %+v", all)
	}
}

func TestUnknownTokenIsNotShown(t *testing.T) {
	d := newDesk(t, token, "#backups")
	i := &incident{desk: d}
	i.must(t, event.StatusOpen, "one failed")
	for _, faults := range [][]farend.Fault{{says(token)}, {{}, says(token)}, {says(token), says(token)}} {
		d.Inject(faults...)
		receipt, err := i.tell(t, event.StatusChanged, "two failed")
		for e := err; e != nil; e = errors.Unwrap(e) {
			if strings.Contains(e.Error(), token) {
				t.Errorf("the error holds the token: %v", e)
			}
		}
		if strings.Contains(receipt.Status+string(receipt.Memory), token) {
			t.Errorf("the receipt holds the token: %+v", receipt)
		}
	}
}
