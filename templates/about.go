package templates

import "bellhop/internal/event"

// What an event is about, as the function about says it.
const (
	aboutBackup = "backup"
	aboutAlert  = "alert" // one that is forwarded
	aboutEvent  = "event" // one that is passed on in PagerDuty's format
)

// about tells what the words of an event are to speak of. A test notice speaks of
// what it was made of, and only an event of a plan has an outcome.
func about(e event.Event) string {
	switch {
	case e.Kind == event.KindEvent, e.Payload != nil:
		return aboutEvent
	case e.Kind == event.KindAlert, e.Kind == event.KindTest && e.Outcome == "" && len(e.Alerts) > 0:
		return aboutAlert
	}
	return aboutBackup
}
