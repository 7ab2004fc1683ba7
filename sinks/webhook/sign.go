package webhook

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
)

const (
	// TimestampHeader bears when a request was signed, in seconds since 1970. It is that
	// of the try and not of the message.
	TimestampHeader = "X-Bellhop-Timestamp"
	// SignatureHeader bears what [Sign] makes.
	SignatureHeader = "X-Bellhop-Signature"
)

// Sign is the signature of a request: HMAC-SHA256 over delivery, timestamp and body, with
// a dot between them, written as sha256=HEX. The first two are signed as well because a
// receiver tells by them what it has seen and what is too old: without that, an old
// request could be sent again under a new name.
func Sign(key []byte, delivery, timestamp, body string) string {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(delivery + "." + timestamp + "." + body))
	return "sha256=" + hex.EncodeToString(mac.Sum(nil))
}

func (s *Sink) sign(req *http.Request, delivery, body string) {
	if s.conf.HMACSecret.Empty() {
		return
	}
	timestamp := strconv.FormatInt(s.now().Unix(), 10)
	req.Header.Set(TimestampHeader, timestamp)
	req.Header.Set(SignatureHeader, Sign([]byte(s.conf.HMACSecret.Reveal()), delivery, timestamp, body))
}
