package disk

import (
	"bytes"
	"encoding/binary"
	"io"
	"math"
)

// scanStep is how much of the journal is read at once.
const scanStep = 256 << 10

// entry is a record of the journal and where it stands.
type entry struct {
	kind     kind
	payload  []byte // valid until the next entry is read
	at, size int64
}

// scan reads the journal from a place to its end.
type scan struct {
	j    *journal
	b    []byte // what was read and not used
	at   int64  // where b begins in the file
	to   int64  // nothing is read from here on
	eof  bool
	lost int64 // bytes of damaged records, passed by because whole ones follow
}

// scan reads all that may be there, also behind what is known to be the end.
func (j *journal) scan(from int64) *scan { return &scan{j: j, at: from, to: math.MaxInt64} }

// known reads what is known to be there, and not a byte more.
func (j *journal) known(from int64) *scan { return &scan{j: j, at: from, to: j.end} }

// next returns the record that follows; false at the end. A record that is not
// whole is the end, torn by a kill, unless whole ones follow: then it is damaged,
// and passed by.
func (s *scan) next() (entry, bool, error) {
	if err := s.fill(frameHead); err != nil {
		return entry{}, false, err
	}
	if length, ok := frameLength(s.b, s.j.epoch); ok {
		if err := s.fill(length); err != nil {
			return entry{}, false, err
		}
	}
	k, payload, size := readFrame(s.b, s.j.epoch)
	if size == 0 {
		return s.resume()
	}
	return s.take(k, payload, size), true, nil
}

func (s *scan) take(k kind, payload []byte, size int) entry {
	e := entry{kind: k, payload: payload, at: s.at, size: int64(size)}
	s.b, s.at = s.b[size:], s.at+int64(size)
	return e
}

// fill reads until n bytes lie ready, or the file ends.
func (s *scan) fill(n int64) error {
	for int64(len(s.b)) < n && !s.eof {
		from := s.at + int64(len(s.b))
		more := make([]byte, min(max(scanStep, n-int64(len(s.b))), s.to-from))
		got, err := s.j.f.ReadAt(more, from)
		if err != nil && err != io.EOF {
			return err
		}
		s.eof = err == io.EOF || from+int64(got) >= s.to
		s.b = append(s.b[:len(s.b):len(s.b)], more[:got]...)
	}
	return nil
}

// resume looks for a whole record beyond one that is not.
func (s *scan) resume() (entry, bool, error) {
	from, mark := s.at, binary.BigEndian.AppendUint32(nil, frameMagic)
	ahead := scan{j: s.j, b: s.b, at: s.at, to: s.to, eof: s.eof}
	for {
		ahead.skip(1)
		if err := ahead.fill(scanStep); err != nil {
			return entry{}, false, err
		}
		i := bytes.Index(ahead.b, mark)
		if i < 0 {
			if ahead.eof {
				return entry{}, false, nil
			}
			ahead.skip(len(ahead.b) - len(mark))
			continue
		}
		ahead.skip(i)
		if length, ok := frameLength(ahead.b, s.j.epoch); ok {
			if err := ahead.fill(length); err != nil {
				return entry{}, false, err
			}
		}
		if k, payload, size := readFrame(ahead.b, s.j.epoch); size > 0 {
			s.b, s.at, s.eof = ahead.b, ahead.at, ahead.eof
			s.lost += s.at - from
			return s.take(k, payload, size), true, nil
		}
	}
}

func (s *scan) skip(n int) {
	n = min(max(n, 0), len(s.b))
	s.b, s.at = s.b[n:], s.at+int64(n)
}
