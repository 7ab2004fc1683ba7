package smtp

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"time"

	"github.com/wneessen/go-mail"

	"bellhop/internal/event"
	"bellhop/internal/letter"
)

const (
	// rootDomain stands in the name of a thread's root, a mail that nobody ever sends
	// (RFC 2606 §2). It is not the sender's domain, so that a thread outlives another
	// setting from, and is one where two sinks tell of the incident.
	rootDomain = "incident.bellhop.invalid"

	headerThreadIndex = mail.Header("Thread-Index")
	headerThreadTopic = mail.Header("Thread-Topic")
	maxTopic          = 100 // characters of the plan's name

	// winEpoch is 1 January 1601 in seconds of Unix time; tick is what Windows counts.
	winEpoch = -11644473600
	tick     = 100 * time.Nanosecond
	// timeBytes of a time in ticks stand in a conversation's index.
	timeBytes = 6
)

// thread makes the mails of one incident a conversation: each is a reply to the same
// root, so that it does not matter which of them came first, or at all. An event
// without an incident stands alone.
func thread(msg *mail.Msg, e event.Event) {
	if e.Incident == "" {
		return
	}
	sum := sha256.Sum256([]byte(e.Incident))
	root := "<" + hex.EncodeToString(sum[:idBytes]) + "@" + rootDomain + ">"
	msg.SetGenHeaderPreformatted(mail.HeaderInReplyTo, root)
	msg.SetGenHeaderPreformatted(mail.HeaderReferences, root)
	msg.SetGenHeader(headerThreadTopic, topic(e))
	msg.SetGenHeaderPreformatted(headerThreadIndex, index(e.Opened, sum[:idBytes]))
}

// topic is the conversation's name for Exchange, which goes by it alone where it does
// not believe the index; so no two incidents share one.
func topic(e event.Event) string {
	return letter.Line(e.About(), maxTopic) + " " + e.Opened.UTC().Format(time.RFC3339)
}

// index is the conversation's number as Outlook makes it: when it began, in ticks
// without the last 16 bits, which gives the leading 1, and a GUID. An index for each
// reply could follow; all mails are equally near to the root, so none does. See
// https://learn.microsoft.com/openspecs/exchange_server_protocols/ms-oxomsg/9e994fbb-b839-495f-84e3-2c8c02c7dd9b
func index(began time.Time, guid []byte) string {
	ticks := uint64(began.Unix()-winEpoch) * uint64(time.Second/tick)
	number := binary.BigEndian.AppendUint64(nil, ticks)[:timeBytes]
	return base64.StdEncoding.EncodeToString(append(number, guid...))
}
