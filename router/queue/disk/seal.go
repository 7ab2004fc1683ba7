package disk

import (
	"encoding/binary"
	"errors"
	"hash/crc32"
)

// errDamaged is said of what is not as it was written.
var errDamaged = errors.New("it is damaged: its checksum does not fit")

// sealed puts a checksum in front of what the parts hold, because the tree under
// it has none.
func sealed(parts ...[]byte) []byte {
	b := make([]byte, 4, 64)
	for _, p := range parts {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b, crc32.Checksum(b[4:], castagnoli()))
	return b
}

// checked takes the checksum off again.
func checked(b []byte) ([]byte, error) {
	if len(b) < 4 || binary.BigEndian.Uint32(b) != crc32.Checksum(b[4:], castagnoli()) {
		return nil, errDamaged
	}
	return b[4:], nil
}
