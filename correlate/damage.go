package correlate

import "fmt"

// damage is what is wrong with a status, and of which field, if of one alone. The zero
// damage is none.
type damage struct {
	reason reason
	field  string
}

// reason is a kind of damage. Templates say it in their language, under "words.damage".
type reason string

const (
	isEmpty      reason = "empty"
	isTooLong    reason = "too_long" // the field is how many bytes are read
	isNotJSON    reason = "not_json"
	isNoObject   reason = "no_object"
	isForbidden  reason = "forbidden" // the key of the status cannot be read
	isNegative   reason = "negative"
	hasNoErrors  reason = "no_errors"
	hasNoTime    reason = "no_time"
	hasOddTime   reason = "odd_time"
	hasNoNumber  reason = "no_number"
	hasNoStamp   reason = "no_timestamp"
	hasOddStamp  reason = "odd_timestamp"
	hasOddResult reason = "odd_result"
	endsFirst    reason = "ends_first"
	endsAhead    reason = "ends_ahead"
)

func (d damage) found() bool { return d != damage{} }

// Error is the damage in English.
func (d damage) Error() string {
	switch d.reason {
	case isEmpty:
		return "it is empty"
	case isTooLong:
		return fmt.Sprintf("it is longer than %s bytes", d.field)
	case isNotJSON:
		return "it is not JSON"
	case isNoObject:
		return "it is no JSON object"
	case isForbidden:
		return "its key cannot be read"
	case isNegative:
		return fmt.Sprintf("its %s is negative", d.field)
	case hasNoErrors:
		return "it does not say how many errors there were"
	case hasNoTime:
		return fmt.Sprintf("it has no %s time", d.field)
	case hasOddTime:
		return fmt.Sprintf("its %s time makes no sense", d.field)
	case hasNoNumber:
		return fmt.Sprintf("its %s is no number", d.field)
	case hasNoStamp:
		return "it has no timestamp"
	case hasOddStamp:
		return "its timestamp makes no sense"
	case hasOddResult:
		return "its result is neither success nor error"
	case endsFirst:
		return "it ends before it starts"
	case endsAhead:
		return "its end time lies in the future"
	}
	return string(d.reason)
}

// values are what a note says of the damage.
func (d damage) values() map[string]string {
	v := map[string]string{"reason": string(d.reason)}
	if d.field != "" {
		v["field"] = d.field
	}
	return v
}
