package smtpdtest

import "strings"

// Threads sorts mails into conversations, as mail programs do that go by the headers
// of RFC 5322 §3.6.4 alone: two mails belong together when one names the other, or
// both name a third, be it there or not. Threads and mails keep their order.
func Threads(mails []Mail) [][]Mail {
	thread := make([]int, len(mails)) // of each mail, by its first mail
	owner := map[string]int{}         // of each id, a mail that names it
	for i, m := range mails {
		thread[i] = i
		for _, id := range m.names() {
			first, known := owner[id]
			if !known {
				owner[id] = i
				continue
			}
			join(thread[:i+1], thread[i], thread[first])
		}
	}
	var all [][]Mail
	for first := range mails {
		var of []Mail
		for i, m := range mails {
			if thread[i] == first {
				of = append(of, m)
			}
		}
		if of != nil {
			all = append(all, of)
		}
	}
	return all
}

// names are the mail's own id and those that it refers to.
func (m Mail) names() []string {
	h := m.Header
	return strings.Fields(h.Get("Message-ID") + " " + h.Get("In-Reply-To") + " " + h.Get("References"))
}

func join(thread []int, a, b int) {
	for i, t := range thread {
		if t == a || t == b {
			thread[i] = min(a, b)
		}
	}
}
