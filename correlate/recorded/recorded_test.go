package recorded_test

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"bellhop/correlate"
	"bellhop/correlate/recorded"
)

func now() time.Time { return time.Unix(1_790_000_000, 0) }

func TestCommandsReadQuotesAndTimes(t *testing.T) {
	got, err := recorded.Commands(`# a comment

set a "two \"words\"\n"
HSET h f '{"at": @-600}'   g @iso+5
SADD s 'it\'s' ""
`, now())
	want := [][]string{
		{"SET", "a", "two \"words\"\n"},
		{"HSET", "h", "f", `{"at": 1789999400}`, "g", "2026-09-21T14:13:25+00:00"},
		{"SADD", "s", "it's", ""},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, %v", got, err)
	}
}

func TestWhatCannotBeReadNamesItsLine(t *testing.T) {
	for _, line := range []string{"SET a", "HSET a b", "HSET a b c d", `HSET h f 'it''s'`, "SADD a", "DEL a", `SET a "b`, "''"} {
		_, err := recorded.New("SET ok 1\n"+line, now())
		if err == nil || !strings.Contains(err.Error(), "line 2") {
			t.Errorf("%s: got %v", line, err)
		}
	}
}

func TestReadAnswersAsRedisWould(t *testing.T) {
	s, err := recorded.New("SET t x\nHSET h a 1\nHSET h b 2\nSADD s m", now())
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Read(t.Context(),
		correlate.Ask{Want: correlate.Text, Key: "t"},
		correlate.Ask{Want: correlate.Hash, Key: "h"},
		correlate.Ask{Want: correlate.Fields, Key: "h", Fields: []string{"b", "z"}},
		correlate.Ask{Want: correlate.Members, Key: "s"},
		correlate.Ask{Want: correlate.Text, Key: "none"},
	)
	want := []correlate.Value{
		{Text: "x"},
		{Hash: map[string]string{"a": "1", "b": "2"}},
		{Hash: map[string]string{"b": "2"}},
		{Members: []string{"m"}},
		{},
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, %v", got, err)
	}
	for _, a := range []correlate.Ask{
		{Want: correlate.Text, Key: "h"}, {Want: correlate.Hash, Key: "s"},
		{Want: correlate.Fields, Key: "t"}, {Want: correlate.Members, Key: "t"},
	} {
		if v, err := s.Read(t.Context(), a); err != nil || v[0].Err == nil {
			t.Errorf("%+v: got %+v, %v", a, v, err)
		}
	}
}
