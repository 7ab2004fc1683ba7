package smtp_test

import (
	"bytes"
	"crypto/hmac"
	"crypto/md5"
	"crypto/pbkdf2"
	"crypto/sha1"
	"crypto/sha256"
	"encoding/base64"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"strings"

	"github.com/emersion/go-sasl"
	server "github.com/emersion/go-smtp"
)

// verdict takes or refuses a user who has proven, or not, who he is.
type verdict func(user string, proven bool) error

// loginServer is the far end of a login.
func loginServer(name string, conn *server.Conn, users map[string]string, say verdict) (sasl.Server, error) {
	check := func(user, password string) error {
		want, known := users[user]
		return say(user, known && want == password)
	}
	switch name {
	case "PLAIN":
		return sasl.NewPlainServer(func(_, user, password string) error { return check(user, password) }), nil
	case "LOGIN":
		return &loginSteps{check: check}, nil
	case "XOAUTH2":
		return turn(nil, func(said []byte) error {
			user, token, _ := strings.Cut(strings.TrimPrefix(string(said), "user="), "\x01auth=Bearer ")
			return check(user, strings.TrimSuffix(token, "\x01\x01"))
		}), nil
	case "CRAM-MD5":
		challenge := []byte("<7.1@far.example.org>")
		return turn(challenge, func(said []byte) error {
			user, digest, _ := strings.Cut(string(said), " ")
			mac := hmac.New(md5.New, []byte(users[user]))
			mac.Write(challenge)
			return say(user, digest == hex.EncodeToString(mac.Sum(nil)))
		}), nil
	case "NTLM":
		return &steps{ntlmChallenge, ntlmEnd(users, say)}, nil
	case "SCRAM-SHA-1", "SCRAM-SHA-1-PLUS":
		return newScram(name, sha1.New, conn, users, say)
	case "SCRAM-SHA-256", "SCRAM-SHA-256-PLUS":
		return newScram(name, sha256.New, conn, users, say)
	}
	return nil, server.ErrAuthUnknownMechanism
}

// steps is a login of fixed steps; each answers what was said.
type steps []func(said []byte) (challenge []byte, done bool, err error)

func (s *steps) Next(said []byte) ([]byte, bool, error) {
	if len(*s) == 0 {
		return nil, false, sasl.ErrUnexpectedClientResponse
	}
	step := (*s)[0]
	*s = (*s)[1:]
	return step(said)
}

// turn is a login of one challenge, or of none, and one answer.
func turn(challenge []byte, answer func(said []byte) error) *steps {
	last := func(said []byte) ([]byte, bool, error) { return nil, true, answer(said) }
	if challenge == nil {
		return &steps{last}
	}
	return &steps{func([]byte) ([]byte, bool, error) { return challenge, false, nil }, last}
}

type loginSteps struct {
	said  []string
	check func(user, password string) error
}

func (l *loginSteps) Next(said []byte) ([]byte, bool, error) {
	if said != nil {
		l.said = append(l.said, string(said))
	}
	switch len(l.said) {
	case 0:
		return []byte("Username:"), false, nil
	case 1:
		return []byte("Password:"), false, nil
	}
	return nil, true, l.check(l.said[0], l.said[1])
}

// The messages of NTLM begin alike ([MS-NLMP] §2.2.1): a name, and a number in four bytes.
const (
	ntlmHello   = "NTLMSSP\x00\x01\x00\x00\x00"
	ntlmAnswer  = "NTLMSSP\x00\x02\x00\x00\x00"
	ntlmProof   = "NTLMSSP\x00\x03\x00\x00\x00"
	ntlmDomain  = 28 // where the proof says where its domain stands
	ntlmUser    = 36
	ntlmUnicode = 0x00000001
	ntlmWithV2  = 0x00080000 // extended session security
	ntlmInfo    = 0x00800000
)

// ntlmChallenge is the server's message: no name of its own, a nonce, and where its
// list of names ends.
func ntlmChallenge(said []byte) ([]byte, bool, error) {
	if !bytes.HasPrefix(said, []byte(ntlmHello)) {
		return nil, false, fmt.Errorf("odd first message %q", said)
	}
	const size = 48 // of all before the list
	m := append([]byte(ntlmAnswer), 0, 0, 0, 0, size, 0, 0, 0)
	m = binary.LittleEndian.AppendUint32(m, ntlmUnicode|ntlmWithV2|ntlmInfo)
	m = append(m, "a nonce!"...)
	m = append(m, make([]byte, 8)...)
	m = append(m, 4, 0, 4, 0, size, 0, 0, 0)
	return append(m, 0, 0, 0, 0), false, nil
}

// ntlmEnd believes whoever names a user, for the proof needs MD4.
func ntlmEnd(users map[string]string, say verdict) func([]byte) ([]byte, bool, error) {
	return func(said []byte) ([]byte, bool, error) {
		if !bytes.HasPrefix(said, []byte(ntlmProof)) {
			return nil, false, fmt.Errorf("odd last message %q", said)
		}
		user := ntlmField(said, ntlmDomain) + `\` + ntlmField(said, ntlmUser)
		_, known := users[user]
		return nil, true, say(user, known)
	}
}

func ntlmField(message []byte, at int) string {
	size, begin := binary.LittleEndian.Uint16(message[at:]), binary.LittleEndian.Uint32(message[at+4:])
	return strings.ReplaceAll(string(message[begin:begin+uint32(size)]), "\x00", "") // ASCII in UTF-16
}

// scram is the server of RFC 5802, bound to the encryption (RFC 9266) when its name
// ends in -PLUS.
type scram struct {
	hash    func() hash.Hash
	binding string // what the client must give back in c=, before base64
	users   map[string]string
	say     verdict

	user, first, nonce string
	salted             []byte
}

func newScram(name string, h func() hash.Hash, conn *server.Conn, users map[string]string, say verdict) (sasl.Server, error) {
	s := &scram{hash: h, binding: "n,,", users: users, say: say}
	if strings.HasSuffix(name, "-PLUS") {
		state, encrypted := conn.TLSConnectionState()
		if !encrypted {
			return nil, errors.New("there is no encryption to bind to")
		}
		key, err := state.ExportKeyingMaterial("EXPORTER-Channel-Binding", nil, 32)
		if err != nil {
			return nil, err
		}
		s.binding = "p=tls-exporter,," + string(key)
	}
	return &steps{s.greet, s.challenge, s.prove, s.end}, nil
}

func (s *scram) greet([]byte) ([]byte, bool, error) { return []byte{}, false, nil }

func (s *scram) challenge(said []byte) ([]byte, bool, error) {
	_, bare, found := strings.Cut(string(said), ",,")
	user, nonce, also := strings.Cut(strings.TrimPrefix(bare, "n="), ",r=")
	if !found || !also {
		return nil, false, fmt.Errorf("odd first message %q", said)
	}
	const rounds = 4096
	salt := []byte("a pinch of salt")
	s.user, s.nonce = user, nonce+"far"
	var err error
	if s.salted, err = pbkdf2.Key(s.hash, s.users[user], salt, rounds, s.hash().Size()); err != nil {
		return nil, false, err
	}
	answer := fmt.Sprintf("r=%s,s=%s,i=%d", s.nonce, base64.StdEncoding.EncodeToString(salt), rounds)
	s.first = bare + "," + answer
	return []byte(answer), false, nil
}

func (s *scram) prove(said []byte) ([]byte, bool, error) {
	text, proof, _ := strings.Cut(string(said), ",p=")
	if want := "c=" + base64.StdEncoding.EncodeToString([]byte(s.binding)) + ",r=" + s.nonce; text != want {
		return nil, false, fmt.Errorf("got %q, want %q", text, want)
	}
	signed := s.first + "," + text
	key := s.mac(s.salted, "Client Key")
	stored := s.hash()
	stored.Write(key)
	want := s.mac(stored.Sum(nil), signed)
	for i := range want {
		want[i] ^= key[i]
	}
	got, err := base64.StdEncoding.DecodeString(proof)
	if err != nil {
		return nil, false, err
	}
	if err := s.say(s.user, bytes.Equal(got, want)); err != nil {
		return nil, false, err
	}
	signature := s.mac(s.mac(s.salted, "Server Key"), signed)
	return []byte("v=" + base64.StdEncoding.EncodeToString(signature)), false, nil
}

func (s *scram) end([]byte) ([]byte, bool, error) { return nil, true, nil }

func (s *scram) mac(key []byte, text string) []byte {
	m := hmac.New(s.hash, key)
	m.Write([]byte(text))
	return m.Sum(nil)
}
