package main

import (
	"net/http/httptest"
	"os"
	osexec "os/exec"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
	"bellhop/sinks/shoutrrr"
)

// TestCarryIsForBellhopItself runs the hidden command as a sink of type shoutrrr does.
func TestCarryIsForBellhopItself(t *testing.T) {
	far := farend.NewNtfy(time.Now, "alarms", "me", "pass")
	server := httptest.NewServer(far)
	defer server.Close()
	errand := `{"id":"1-phone-1","url":"ntfy://me:pass@` + server.Listener.Addr().String() + `/alarms?scheme=http","title":"Backup failed","text":"mail1"}`
	cmd := osexec.Command(os.Args[0], shoutrrr.Command)
	cmd.Stdin = strings.NewReader(errand)
	out, err := cmd.Output()
	if err != nil || !strings.Contains(string(out), `"status":"200 OK"`) {
		t.Errorf("%v: %s", err, out)
	}
	if told := far.Messages(); len(told) != 1 || told[0].Title != "Backup failed" || told[0].Text != "mail1" {
		t.Errorf("told %+v", told)
	}
	r := try([]string{shoutrrr.Command})
	if r.code != codeFault || r.out != "" || !strings.Contains(r.err, "for bellhop itself") {
		t.Errorf("without an errand: %+v", r)
	}
	if help := try([]string{"--help"}); strings.Contains(help.out, "carry") {
		t.Error("the help offers it")
	}
}
