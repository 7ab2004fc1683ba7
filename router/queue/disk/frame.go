package disk

import (
	"encoding/binary"
	"hash/crc32"
)

// kind says what a record of the journal holds.
type kind byte

const (
	aBatch kind = 'b' // steps that shared a sync: changes of the store, then blind steps
	aFold  kind = 'f' // what blind steps came to: how far they reach, then changes of the store
)

// A record is a header and a payload:
//
//	magic    4 bytes
//	length   4 bytes, of the payload
//	epoch    8 bytes, so that what an earlier use of the file left is not read
//	checksum 4 bytes, CRC-32C of length, epoch, kind and payload
//	kind     1 byte
const (
	frameMagic = 0xbe11f01d
	frameHead  = 21
	// frameMost is the largest payload; more is a damaged length.
	frameMost = 1 << 30
)

// appendFrame adds a record to b.
func appendFrame(b []byte, epoch uint64, k kind, payload ...[]byte) []byte {
	length := 0
	for _, p := range payload {
		length += len(p)
	}
	at := len(b)
	b = binary.BigEndian.AppendUint32(b, frameMagic)
	b = binary.BigEndian.AppendUint32(b, uint32(length))
	b = binary.BigEndian.AppendUint64(b, epoch)
	b = append(b, 0, 0, 0, 0, byte(k))
	for _, p := range payload {
		b = append(b, p...)
	}
	binary.BigEndian.PutUint32(b[at+16:], frameSum(b[at:]))
	return b
}

// frameSum is the checksum of a whole record.
func frameSum(frame []byte) uint32 {
	sum := crc32.Update(0, castagnoli(), frame[4:16])
	return crc32.Update(sum, castagnoli(), frame[20:])
}

// castagnoli is the polynomial that processors have an instruction for.
func castagnoli() *crc32.Table { return crc32.MakeTable(crc32.Castagnoli) }

// readFrame reads the record that b begins with; size 0: there is none of that
// epoch that is whole.
func readFrame(b []byte, epoch uint64) (k kind, payload []byte, size int) {
	if len(b) < frameHead || binary.BigEndian.Uint32(b) != frameMagic || binary.BigEndian.Uint64(b[8:]) != epoch {
		return 0, nil, 0
	}
	length := int64(binary.BigEndian.Uint32(b[4:]))
	if length > frameMost || int64(len(b)) < frameHead+length {
		return 0, nil, 0
	}
	frame := b[:frameHead+length]
	if binary.BigEndian.Uint32(b[16:]) != frameSum(frame) {
		return 0, nil, 0
	}
	return kind(b[20]), frame[frameHead:], len(frame)
}

// frameLength is how long a record says it is, header included, if b begins with
// the header of one of that epoch.
func frameLength(b []byte, epoch uint64) (int64, bool) {
	if len(b) < frameHead || binary.BigEndian.Uint32(b) != frameMagic || binary.BigEndian.Uint64(b[8:]) != epoch {
		return 0, false
	}
	length := int64(binary.BigEndian.Uint32(b[4:]))
	return frameHead + length, length <= frameMost
}
