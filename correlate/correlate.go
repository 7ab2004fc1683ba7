// Package correlate reads the cluster's Redis and says what happened to a run of
// a backup plan: which modules are in it, which of them succeeded, failed, have
// not reported yet or never will (R2, R3), and whether more is to be waited for
// (the settled part of R1).
//
// The promise: it only reads, and only what lies under cluster/, node/ and
// module/; of a destination it asks two fields by name, because the hash may hold
// passwords. It understands the three forms in which NethServer 8 has kept its
// statuses, and trusts what is there rather than a version number.
//
// When one key is damaged, of another type or forbidden, that key alone is
// missing: the finding says so in its notes. When Redis does not answer, or
// refuses the user, [Correlator.Look] returns an error within its deadline, and
// [Unavailable] gives the notice that can still be sent. It never waits for a run:
// whoever calls it looks again.
package correlate

import (
	"context"
	"time"

	"bellhop/internal/event"
)

// lookTimeout bounds one look, however many answers of Redis are slow one by one.
const lookTimeout = 30 * time.Second

// Correlator looks at runs. It keeps no state and may be used from several
// goroutines at once.
type Correlator struct {
	store Store
	cfg   Config
	now   func() time.Time
}

// New makes a correlator that reads through s.
func New(s Store, cfg Config, now func() time.Time) *Correlator {
	return &Correlator{store: s, cfg: cfg, now: now}
}

// Query asks about one plan.
type Query struct {
	Ref event.PlanRef
	// Accepted is when the first signal of this look was accepted. Statuses much
	// older than it are not what the signal speaks of.
	Accepted time.Time
	// Settled is the last run on record as settled; zero when there is none. A run
	// never reaches back into it.
	Settled event.Run
	// Missed is true when the alerts say that the plan did not run.
	Missed bool
	// Quiet is true when no alert claims a failure: the look was caused by a
	// resolve, or by bellhop itself. Then a run that went well is believed however
	// long ago it ended; otherwise an old success means that the run which the
	// alert speaks of left no status.
	Quiet bool
}

// Reachable returns nil when Redis answers, else why it cannot be read.
func (c *Correlator) Reachable(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	_, err := c.store.Read(ctx, text(clusterUUIDKey))
	return err
}

// Look reads what there is to know about the plan now. It returns an error only
// when Redis could not be read at all; whatever else is wrong is in the notes.
func (c *Correlator) Look(ctx context.Context, q Query) (Finding, error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	r := reader{store: c.store, now: c.now()}
	s, err := r.scene(ctx, q.Ref)
	if err != nil {
		return Finding{}, err
	}
	return judge(s, q, c.cfg, r.now), nil
}
