package disk

import "bellhop/router/queue"

// put adds a job, or joins the one of its id.
func (b *batch) put(j queue.Job) error { return b.putRecord(newRecord(j, 0, b.wall, b.own)) }

func (b *batch) putRecord(j *record) error {
	var old *record
	err := b.apply(func() (err error) {
		old, err = b.find(j.ID)
		return err
	})
	if err != nil {
		return err
	}
	if old != nil && old.State != queue.Queued {
		return nil // what was said is not said again
	}
	return b.apply(func() error {
		b.touch(j.Lane)
		if old == nil {
			return b.insert(j)
		}
		b.touch(old.Lane)
		if _, held := b.lease(old.Seq); held {
			return b.queueUp(old, j)
		}
		return b.join(old, j)
	})
}

func (b *batch) insert(j *record) (err error) {
	if j.Seq, err = b.nextNumber(inJobs); err != nil {
		return err
	}
	return b.add(j, b.own)
}

func (b *batch) join(old, j *record) error {
	return b.change(old, func() { old.hasten(j) })
}

// queueUp has a leased job done once more. It takes its number now, because that
// is its place in the order.
func (b *batch) queueUp(old, j *record) (err error) {
	if old.Next != nil {
		old.Next.hasten(j)
		return b.save(old)
	}
	if j.Seq, err = b.nextNumber(inJobs); err != nil {
		return err
	}
	old.Next = j
	return b.save(old)
}
