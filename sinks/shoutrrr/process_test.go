package shoutrrr_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/internal/farend"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
	"bellhop/sinks/shoutrrr"
)

// TestMain lets the test's own program carry messages, as bellhop's does.
func TestMain(m *testing.M) {
	if len(os.Args) == 2 && os.Args[1] == shoutrrr.Command {
		if err := shoutrrr.Carry(context.Background(), os.Stdin, os.Stdout); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	os.Exit(m.Run())
}

func self(t *testing.T) string {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	return program
}

// carried sends through a process of program to a far end with an address.
func carried(t *testing.T, program, address string, within time.Duration) (sinks.Receipt, error) {
	t.Helper()
	s, err := shoutrrr.New(shoutrrr.Config{URL: secret.New(address)}, sinks.Deps{Program: program, Version: "1.2.3"})
	if err != nil {
		t.Fatal(err)
	}
	m := message()
	m.Target = s.Targets()[0]
	ctx, cancel := context.WithTimeout(t.Context(), within)
	defer cancel()
	r, err := s.Send(ctx, m)
	for e := err; e != nil; e = errors.Unwrap(e) {
		if strings.Contains(e.Error(), "hidden") {
			t.Errorf("a secret shows: %v", e)
		}
	}
	return r, err
}

func TestAMessageIsCarriedByAProcess(t *testing.T) {
	ntfy, gotify := farend.NewNtfy(time.Now, "alarms", "backup", "hidden"), farend.NewGotify(time.Now, gotifyToken)
	for name, c := range map[string]struct {
		far  http.Handler
		form string
		told func() []farend.Push
	}{
		"ntfy":   {ntfy, "ntfy://backup:hidden@%s/alarms?scheme=http", ntfy.Messages},
		"gotify": {gotify, "gotify://%s/" + gotifyToken + "?disabletls=yes", gotify.Messages},
	} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(c.far)
			defer server.Close()
			r, err := carried(t, self(t), fmt.Sprintf(c.form, server.Listener.Addr()), shoutrrr.Timeout)
			if err != nil || r.Status != "200 OK" {
				t.Fatalf("%q, %v", r.Status, err)
			}
			told := c.told()
			if len(told) != 1 || told[0].Title != title || told[0].Text != text || told[0].File || told[0].Delivery != "01JBQ0-phone-1" {
				t.Errorf("told %+v", told)
			}
		})
	}
}

func TestAnyCertificateIsTakenOnlyWhereTheURLSaysSo(t *testing.T) {
	server := httptest.NewUnstartedServer(farend.NewGotify(time.Now, gotifyToken))
	server.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, 0)
	server.StartTLS()
	defer server.Close()
	address := fmt.Sprintf("gotify://%s/%s", server.Listener.Addr(), gotifyToken)
	_, err := carried(t, self(t), address, shoutrrr.Timeout)
	if err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("of a certificate that nobody knows: %v", err)
	}
	if _, err := carried(t, self(t), address+"?insecureskipverify=yes", shoutrrr.Timeout); err != nil {
		t.Error(err)
	}
}

func TestWhatTheFarEndSaidComesBack(t *testing.T) {
	server := httptest.NewServer(farend.NewNtfy(time.Now, "alarms", "backup", "another"))
	defer server.Close()
	r, err := carried(t, self(t), fmt.Sprintf("ntfy://backup:hidden@%s/alarms?scheme=http", server.Listener.Addr()), shoutrrr.Timeout)
	if j := retry.Of(err); j.Verdict != retry.Misconfigured || !j.Refused || r.Status != "401 Unauthorized" {
		t.Errorf("%q, %+v, %v", r.Status, j, err)
	}
	if !strings.Contains(fmt.Sprint(err), "unauthorized") || !strings.Contains(fmt.Sprint(err), "see url") {
		t.Errorf("the error does not help: %v", err)
	}
	server.Close()
	_, err = carried(t, self(t), fmt.Sprintf("ntfy://backup:hidden@%s/alarms?scheme=http", server.Listener.Addr()), shoutrrr.Timeout)
	if j := retry.Of(err); j.Verdict != retry.Away || !j.Refused {
		t.Errorf("without a server: %+v, %v", j, err)
	}
}

// A far end that hangs ends the process by its own time, and what is known of it comes back.
func TestAProcessEndsByItsDeadline(t *testing.T) {
	far := farend.NewNtfy(time.Now, "alarms", "backup", "hidden")
	far.Stay(farend.Fault{Hang: true})
	server := httptest.NewServer(far)
	defer server.Close()
	began := time.Now()
	_, err := carried(t, self(t), fmt.Sprintf("ntfy://backup:hidden@%s/alarms?scheme=http", server.Listener.Addr()), time.Second)
	if j := retry.Of(err); j.Verdict != retry.Away || j.Refused || !strings.Contains(fmt.Sprint(err), "deadline") {
		t.Errorf("%+v, %v", j, err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
}

// A program that heeds nothing, says nothing of use, or is not there, costs one message's
// time and tells nobody what it was given.
func TestAProcessThatFails(t *testing.T) {
	for name, c := range map[string]struct {
		script  string
		refused bool
		says    string
	}{
		"heeds nothing":     {"trap '' TERM; cat >&2; sleep 60 & wait; sleep 60", false, "deadline"},
		"ends by a signal":  {"cat >&2; kill -9 $$", false, "without a report"},
		"repeats its input": {"cat; cat >&2", false, "without a report"},
		"says something":    {"echo '[1, 2'; exit 3", false, "exit code 3"},
	} {
		t.Run(name, func(t *testing.T) {
			program := filepath.Join(t.TempDir(), "bellhop")
			if err := os.WriteFile(program, []byte("#!/bin/sh\n"+c.script+"\n"), 0o700); err != nil {
				t.Fatal(err)
			}
			began := time.Now()
			_, err := carried(t, program, "ntfy://backup:hidden@ntfy.example.org/hidden-topic", time.Second)
			if j := retry.Of(err); err == nil || j.Verdict != retry.Away || j.Refused || !strings.Contains(err.Error(), c.says) {
				t.Errorf("%+v, %v", j, err)
			}
			if took := time.Since(began); took > 10*time.Second {
				t.Errorf("it took %v", took)
			}
		})
	}
	for name, program := range map[string]string{"no program": "", "no such program": filepath.Join(t.TempDir(), "bellhop")} {
		_, err := carried(t, program, "ntfy://ntfy.example.org/hidden-topic", time.Second)
		if j := retry.Of(err); err == nil || j.Verdict != retry.Away || !j.Refused {
			t.Errorf("%s: %+v, %v", name, j, err)
		}
	}
}

func TestCarryWantsAnErrand(t *testing.T) {
	for _, in := range []string{"", "{", "{}", `{"url":7}`, "hidden"} {
		var out strings.Builder
		err := shoutrrr.Carry(t.Context(), strings.NewReader(in), &out)
		if err == nil || out.Len() > 0 || strings.Contains(err.Error(), "hidden") {
			t.Errorf("%q: %v, %q", in, err, out.String())
		}
	}
}
