package farend

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
)

// Turns reads a script, a word a turn, for [Door.Inject]:
//
//	ok        served as usual
//	503       answered with this status, nothing done
//	429:30    the same, with Retry-After: 30
//	hang      heard, and never answered
//	cut       heard, and the connection closed
//	lost      done, but the answer is lost
//	refuse    the connection is refused
func Turns(script string) ([]Fault, error) {
	var turns []Fault
	for _, word := range strings.Fields(script) {
		f, err := turn(word)
		if err != nil {
			return nil, err
		}
		turns = append(turns, f)
	}
	return turns, nil
}

func turn(word string) (Fault, error) {
	switch word {
	case "ok":
		return Fault{}, nil
	case "hang":
		return Fault{Hang: true}, nil
	case "cut":
		return Fault{Cut: true}, nil
	case "lost":
		return Fault{Cut: true, Taken: true}, nil
	case "refuse":
		return Fault{Refuse: true}, nil
	}
	code, after, wait := strings.Cut(word, ":")
	status, err := strconv.Atoi(code)
	if err != nil || status < 200 || status > 599 {
		return Fault{}, fmt.Errorf("read turn %q: give a status, or ok, hang, cut, lost or refuse", word)
	}
	f := Fault{Status: status}
	if wait {
		f.Header = http.Header{"Retry-After": {after}}
	}
	return f, nil
}

// Weather draws n turns: half of them are ok, the others any of the rest, with
// statuses that are down for a while. The same seed draws the same turns.
func Weather(seed uint64, n int) []Fault {
	bad := []Fault{
		{Status: http.StatusTooManyRequests, Header: http.Header{"Retry-After": {"2"}}},
		{Status: http.StatusInternalServerError},
		{Status: http.StatusServiceUnavailable},
		{Hang: true},
		{Cut: true},
		{Cut: true, Taken: true},
		{Refuse: true},
	}
	draw := rand.New(rand.NewPCG(seed, 0))
	turns := make([]Fault, n)
	for i := range turns {
		if draw.IntN(2) == 1 {
			turns[i] = bad[draw.IntN(len(bad))]
		}
	}
	return turns
}
