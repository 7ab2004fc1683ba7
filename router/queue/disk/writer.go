package disk

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"time"

	"bellhop/router/queue"
)

const (
	// batchMax is how many steps share a sync at most, so that the first of them
	// does not wait for ever more.
	batchMax = 256
	// batchBytes is how many bytes they take in the journal, or the last of them more.
	batchBytes = 32 << 20
	// quiet is how long nobody has written when what waits is filed, and restful when
	// the store follows the journal.
	quiet, restful = 50 * time.Millisecond, time.Second
)

// errTooLarge is of a step that no record of the journal can hold.
var errTooLarge = errors.New("it is too large: at most 256 MiB can be written at once")

// work is something to be written. Do returns why it changed nothing, or nil; step
// is what it touches. A blind one is only written down.
type work struct {
	step   queue.Step
	blind  bool
	do     func(b *batch) error
	answer chan error
}

// write hands w to the writer. Before it is taken ctx counts; from then on the
// answer is the truth about what is on disk.
func (e *Engine) write(ctx context.Context, w work) error {
	if err := e.open(ctx); err != nil {
		return err
	}
	w.answer = make(chan error, 1)
	select {
	case e.works <- w:
		return <-w.answer
	case <-ctx.Done():
		return ctx.Err()
	case <-e.closing:
		return queue.ErrClosed
	}
}

// writer is the one goroutine that changes the store and the journal, but for
// readers who file what they want to see.
func (e *Engine) writer() {
	defer close(e.written)
	rest := time.NewTimer(restful)
	defer rest.Stop()
	for calm := true; ; {
		select {
		case w := <-e.works:
			e.carry(e.gather(w))
			calm = false
			rest.Reset(quiet)
		case <-rest.C:
			switch more := e.tidy(calm); {
			case more: // a piece at a time
				rest.Reset(0)
			case !calm:
				calm = true
				rest.Reset(restful)
			}
		case <-e.closing:
			return
		}
	}
}

// tidy does what nobody waits for, a piece at a time: it files what is not filed,
// and when it was calm for long enough lets the store follow the journal. It is
// true when there is more to file.
func (e *Engine) tidy(calm bool) (more bool) {
	e.gate <- struct{}{}
	defer e.leave()
	if e.tx == nil || e.broken != nil {
		return false // whoever wants something next will see to it
	}
	err := e.foldSome()
	if err == nil && e.pending.steps == 0 && calm && e.journal.end > 0 {
		err = e.checkpoint()
	}
	if err != nil {
		e.log.Error("queue: the store cannot follow the journal, and is tried again", "folder", e.folder, "err", err)
		return false
	}
	return e.pending.steps > 0
}

// gather adds to w what waits already. It lets those run first who were just
// answered, but waits for nobody.
func (e *Engine) gather(w work) []work {
	runtime.Gosched()
	works := []work{w}
	for room := roomFor(w.step); len(works) < batchMax && room < batchBytes; {
		select {
		case w := <-e.works:
			works = append(works, w)
			room += roomFor(w.step)
		default:
			return works
		}
	}
	return works
}

// carry writes works with one sync and answers them all.
func (e *Engine) carry(works []work) {
	e.gate <- struct{}{}
	answers, broken := e.commit(works)
	e.leave()
	if broken && len(works) > 1 {
		// One of them stumbled midway: each for itself, so that it falls alone.
		for _, w := range works {
			e.carry([]work{w})
		}
		return
	}
	if slices.ContainsFunc(answers, isDamaged) && e.mend() == nil {
		e.again(works, answers)
	}
	for i, w := range works {
		w.answer <- answers[i]
	}
}

func isDamaged(err error) bool { return errors.Is(err, errDamaged) }

// again tries those once more that a damaged job was in the way of.
func (e *Engine) again(works []work, answers []error) {
	e.gate <- struct{}{}
	defer e.leave()
	for i, w := range works {
		if isDamaged(answers[i]) {
			once, _ := e.commit([]work{w})
			answers[i] = once[0]
		}
	}
}

// commit writes works down and lets memory follow. It is broken when one of them
// stumbled after it had begun to change things; then nothing has happened.
func (e *Engine) commit(works []work) (answers []error, broken bool) {
	answers = make([]error, len(works))
	if err := e.revived(func() error { return e.makeWay(works) }); err != nil {
		return e.refuse(answers, err), false
	}
	b := newBatch(e)
	if err := e.guarded(func() error { return b.carryOut(works, answers) }); err != nil {
		return e.refuse(answers, e.restore(err)), true
	}
	blinds := b.writeDown(works, answers)
	if len(b.redo.ops) == 0 && len(blinds) == 0 {
		return answers, false
	}
	if len(b.redo.ops)+len(blinds) > frameMost/4 { // what blind steps come to takes more
		return e.refuse(answers, e.undo(b, errTooLarge)), false
	}
	if e.pending.steps == 0 {
		e.pending.reset(e.journal.end) // the first of them stands in this record
	}
	e.journal.add(aBatch, binary.AppendUvarint(nil, uint64(len(b.redo.ops))), b.redo.ops, blinds)
	if err := e.journal.write(true); err != nil {
		return e.refuse(answers, e.undo(b, err)), false
	}
	b.remember()
	e.since += len(b.redo.ops)
	e.follow()
	return answers, false
}

// makeWay files what one of the works touches, so that it comes in its order, and
// makes sure that there is room to write them down.
func (e *Engine) makeWay(works []work) error {
	e.breathe()
	room := int64(frameHead)
	for _, w := range works {
		room += roomFor(w.step)
		if !w.blind && e.pending.touches(w.step) {
			if err := e.fold(upToEnd); err != nil {
				return err
			}
		}
	}
	// Twice what comes, so that what waits grows less however fast it comes.
	for upto := e.pending.from + 2*room; e.full() && e.pending.from < upto; {
		if err := e.foldSome(); err != nil {
			return err
		}
	}
	return e.journal.reserve(room)
}

// roomFor is about how much of the journal a step takes, rather too much.
func roomFor(s queue.Step) int64 {
	size := 4 << 10 * (1 + len(s.Ends) + len(s.Drop) + len(s.Put))
	for _, row := range s.Set {
		size += 2*len(row.Key) + len(row.Value)
	}
	for _, j := range s.Put {
		size += 8*(len(j.ID)+len(j.Lane)+len(j.Key)) + 2*len(j.Payload)
	}
	for _, end := range s.Ends {
		size += 2 * len(end.Lease.Payload)
	}
	return int64(size)
}

// carryOut does what is not blind. The error is that of one that stumbled.
func (b *batch) carryOut(works []work, answers []error) error {
	for i, w := range works {
		if w.blind {
			continue
		}
		answers[i] = w.do(b)
		if b.broken {
			return answers[i]
		}
	}
	return nil
}

// writeDown returns the blind works as they go into the journal.
func (b *batch) writeDown(works []work, answers []error) (blinds []byte) {
	for i, w := range works {
		if !w.blind {
			continue
		}
		step := newBlind(w.step, b.wall, b.own)
		more, err := step.append(blinds)
		if err != nil {
			answers[i] = err
			continue
		}
		blinds = more
		b.blind = append(b.blind, step)
		for _, j := range step.jobs {
			b.touch(j.Lane)
		}
	}
	return blinds
}

// undo goes back to before the batch, which the journal could not take.
func (e *Engine) undo(b *batch, err error) error {
	if len(b.redo.ops) == 0 {
		return err
	}
	return e.restore(err)
}

// refuse answers with err whatever each would have heard otherwise: it may have
// been told so because of another one that did not happen either.
func (e *Engine) refuse(answers []error, err error) []error {
	for i := range answers {
		answers[i] = fmt.Errorf("write queue in %s: %w", e.folder, advise(err))
	}
	return answers
}
