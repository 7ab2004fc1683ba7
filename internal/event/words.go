package event

// Outcome is what a run came to as a whole.
type Outcome string

// The outcomes.
const (
	Success     Outcome = "SUCCESS"      // every module is ok
	Partial     Outcome = "PARTIAL"      // something in between
	RepoFailure Outcome = "REPO_FAILURE" // none ok and none pending, or nothing known
)

// Worse reports whether o is a worse outcome than p.
func (o Outcome) Worse(p Outcome) bool { return o.rank() > p.rank() }

func (o Outcome) rank() int {
	switch o {
	case RepoFailure:
		return 3
	case Partial:
		return 2
	case Success:
		return 1
	}
	return 0
}

// Severity returns how bad the outcome is, in PagerDuty's words.
func (o Outcome) Severity() Severity {
	switch o {
	case RepoFailure:
		return SeverityCritical
	case Success:
		return SeverityInfo
	}
	return SeverityError
}

// Severity is one of the four words that PagerDuty knows.
type Severity string

// The severities.
const (
	SeverityCritical Severity = "critical"
	SeverityError    Severity = "error"
	SeverityWarning  Severity = "warning"
	SeverityInfo     Severity = "info"
)

// ReadSeverity returns the severity that a word names; one that PagerDuty does not know
// is an error.
func ReadSeverity(word string) Severity {
	switch s := Severity(word); s {
	case SeverityCritical, SeverityWarning, SeverityInfo:
		return s
	}
	return SeverityError
}

// ModuleState is what the run came to for one module.
type ModuleState string

// The states of a module.
const (
	StateOK      ModuleState = "ok"
	StateFailed  ModuleState = "failed"
	StatePending ModuleState = "pending" // no status of this run yet
	StateMissing ModuleState = "missing" // no status of this run, and none will come
	StateUnknown ModuleState = "unknown" // a status that cannot be read
)

// Cause is why a module, or a whole run, failed.
type Cause string

// The causes.
const (
	CauseUnreachable      Cause = "unreachable"    // the destination does not answer
	CauseDenied           Cause = "denied"         // it answers 401 or 403
	CauseWrongPassword    Cause = "wrong_password" // the repository's password is another
	CauseNoRepository     Cause = "no_repository"  // there is no repository
	CauseLocked           Cause = "locked"         // somebody holds the repository's lock
	CauseDamaged          Cause = "damaged"        // the repository's data is broken
	CauseNoSpace          Cause = "no_space"       // the destination is full
	CauseRetention        Cause = "retention"      // a snapshot exists, removing old ones failed
	CauseStats            Cause = "stats"          // a snapshot exists, counting failed
	CauseModule           Cause = "module"         // the repository is fine: the module failed by itself
	CauseNoStatus         Cause = "no_status"      // the cluster has no status of any run
	CauseNotRun           Cause = "not_run"        // the plan did not run
	CauseRedisUnavailable Cause = "redis_unavailable"
)
