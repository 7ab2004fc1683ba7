package smtp_test

import (
	"context"
	"net"
	"testing"
	"time"

	"bellhop/internal/farend"
	"bellhop/internal/retry"
)

// Upon this it is decided whether a later mail may take the place of one that failed.
func TestR14WhatIsSaidToBeRefusedWasNeverTaken(t *testing.T) {
	m := farend.NewMail(time.Now)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	served := make(chan error)
	go func() { served <- m.Serve(l) }()
	defer func() { _ = m.Close(); <-served }()
	s := build(t, to(l.Addr().(*net.TCPAddr).Port))
	for _, f := range []farend.MailFault{
		{},
		{At: farend.AtMail, Code: 421}, {At: farend.AtMail, Code: 550}, {At: farend.AtMail, Cut: true}, {At: farend.AtMail, Hang: true},
		{At: farend.AtRcpt, Code: 450}, {At: farend.AtRcpt, Code: 550}, {At: farend.AtRcpt, Cut: true}, {At: farend.AtRcpt, Hang: true},
		{At: farend.AtData, Code: 451}, {At: farend.AtData, Code: 554}, {At: farend.AtData, Cut: true}, {At: farend.AtData, Hang: true},
		{At: farend.AtData, Cut: true, Taken: true}, {At: farend.AtData, Hang: true, Taken: true},
	} {
		before := len(m.Letters())
		m.Inject(f)
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		_, err := s.Send(ctx, message("a@example.org"))
		cancel()
		taken := len(m.Letters()) > before
		switch judged := retry.Of(err); {
		case err == nil && !taken:
			t.Errorf("%+v: said to be taken, and was not", f)
		case err != nil && judged.Refused && taken:
			t.Errorf("%+v: said to be refused, and was taken: %v", f, err)
		case err != nil && f.At != farend.AtData && !judged.Refused:
			t.Errorf("%+v: before the mail left it is known that nobody has it: %v", f, err)
		}
	}
}
