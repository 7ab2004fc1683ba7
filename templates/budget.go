package templates

import (
	"bytes"
	"errors"
)

const (
	// maxOutput is the most bytes a part may have. The longest built-in one, the
	// HTML of 300 modules, has some 30 KB.
	maxOutput = 1 << 20
	// maxWork bounds what functions may make, in bytes, and what loops may do:
	// each pass of a range and each call of a template costs tickWork bytes.
	maxWork  = 16 << 20
	tickWork = 256
	// maxDepth is how deep functions may say templates in templates; each level
	// repeats the error of the one below.
	maxDepth = 20
)

var (
	errOutput = errors.New("it prints more than 1 MiB: does a range go on without end?")
	errWork   = errors.New("it does not come to an end: too many passes of a range or calls of templates")
)

// budget is what is left of the work that one rendering may do.
type budget struct{ left, depth int }

func (b *budget) spend(n int) error {
	b.left -= n
	if b.left < 0 {
		return errWork
	}
	return nil
}

// enter goes a level deeper; leave takes it back.
func (b *budget) enter() error {
	if b.depth == maxDepth {
		return errWork
	}
	b.depth++
	return nil
}

func (b *budget) leave() { b.depth-- }

// bounded is a buffer that refuses more than max bytes.
type bounded struct {
	bytes.Buffer
	max int
}

func (b *bounded) Write(p []byte) (int, error) {
	if b.Len()+len(p) > b.max {
		return 0, errOutput
	}
	return b.Buffer.Write(p)
}

// WriteString is here because the engines ask for it and would pass the bound by.
func (b *bounded) WriteString(s string) (int, error) { return b.Write([]byte(s)) }
