package correlate

import (
	"context"
	"errors"
	"fmt"
	"net"
	"time"

	"github.com/redis/go-redis/v9"
)

const (
	// quietFor is how long a subscription may bring nothing until it is asked whether
	// it still stands.
	quietFor = time.Minute
	// The channels on which NS8 says that a module's status was written
	// (https://github.com/NethServer/ns8-core): a node's since 2026, a module's before.
	nodeReports   = "node/*/event/backup-status-changed"
	moduleReports = "module/*/event/backup-status-changed"
)

// Report says that a module's status of a plan was written.
type Report struct {
	Plan, Module string
}

// Follow calls heard for every module whose status is written, and begun when from
// now on none is missed. It ends with an error when the connection breaks, or with
// ctx's. What was published in between is lost to it; the status itself is not. What
// names no plan is passed over: there is nothing to look at.
func (r *Redis) Follow(ctx context.Context, begun func(), heard func(Report)) error {
	ps := r.client.PSubscribe(ctx, nodeReports, moduleReports)
	defer func() { _ = ps.Close() }()
	stop := context.AfterFunc(ctx, func() { _ = ps.Close() }) // a wait for the next report does not look at ctx
	defer stop()
	confirmed := 0
	for {
		said, err := ps.ReceiveTimeout(ctx, quietFor)
		var slow net.Error
		if errors.As(err, &slow) && slow.Timeout() && ctx.Err() == nil {
			if err = ps.Ping(ctx); err == nil {
				said, err = ps.ReceiveTimeout(ctx, ioTimeout)
			}
		}
		if err != nil {
			return r.fault("follow the reports of backups", err)
		}
		switch said := said.(type) {
		case *redis.Subscription:
			if confirmed++; confirmed == 2 {
				begun()
			}
		case *redis.Message:
			if report, err := readReport(said.Payload); err == nil {
				heard(report)
			}
		}
	}
}

// readReport reads {"node_id": 1, "backup_id": 1, "module_id": "mail1"}.
func readReport(payload string) (Report, error) {
	fields, bad := flatten(payload)
	if bad.found() {
		return Report{}, fmt.Errorf("read a report: %w", bad)
	}
	report := Report{Plan: fields["backup_id"], Module: fields["module_id"]}
	if report.Plan == "" || len(report.Plan) > maxPlan {
		return Report{}, errors.New("read a report: it names no plan")
	}
	return report, nil
}

// maxPlan is the longest name of a plan that is believed, in bytes.
const maxPlan = 128
