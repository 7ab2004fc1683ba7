package repocheck

import (
	"regexp"

	"bellhop/internal/event"
)

// rule reads a cause out of a line.
type rule struct {
	cause event.Cause
	says  *regexp.Regexp
}

// rules are tried in this order, each on every line: restic 0.14 asks "Is there a
// repository at the following location?" after whatever kept it from opening one, so
// no_repository comes last. The texts are those of restic 0.14 to 0.19 (REST and
// other backends), of Go's network errors, and of the stores behind them.
var rules = []rule{
	{event.CauseNoSpace, regexp.MustCompile(`(?i)no space left on device|disk quota|quota exceeded|insufficient storage|\(507\)`)},
	{event.CauseDenied, regexp.MustCompile(`(?i)\b(?:401|403) (?:unauthorized|forbidden)|response (?:\(|unexpected: )40[13]\b|` +
		`(?:http|status|code)[ :=]+40[13]\b|access ?denied|permission denied|unauthorized|InvalidAccessKeyId|SignatureDoesNotMatch`)},
	{event.CauseUnreachable, regexp.MustCompile(`(?i)connection (?:refused|reset|timed out|lost)|no such host|no route to host|` +
		`network is (?:unreachable|down)|host is down|i/o timeout|handshake timeout|timeout awaiting|Client\.Timeout|` +
		`deadline exceeded|server misbehaving|failure in name resolution|could not resolve|name or service not known|` +
		`broken pipe|\bEOF\b|x509:|tls:|response (?:\(|unexpected: )5\d\d\b|(?:http|status|code)[ :=]+5\d\d\b|` +
		`\b5\d\d (?:internal server error|bad gateway|service unavailable|gateway time-?out)`)},
	{event.CauseWrongPassword, regexp.MustCompile(`(?i)wrong password or no key found`)},
	{event.CauseLocked, regexp.MustCompile(`(?i)already locked|unable to create lock`)},
	damaged,
	{event.CauseNoRepository, regexp.MustCompile(`(?i)repository does not exist|` +
		`open config file: .*(?:no such file|not exist|doesn't exist|not found|\b404\b)|is there a repository at the following location`)},
}

// damaged is also looked for when restic ended well: a snapshot that it cannot
// load it only warns of, and lists the others.
var damaged = rule{event.CauseDamaged, regexp.MustCompile(
	`(?i)ciphertext verification failed|invalid data|repository contains errors|is damaged|damaged pack`)}

// retrying is the head of the line that restic prints before it tries a backend again.
var retrying = regexp.MustCompile(`returned error, retrying after [^:]*: `)

// cause returns the first cause that one of the rules reads, and the line that tells
// it: in restic's last statement its first line, else the last line of that kind.
func (w words) cause(rules []rule) (event.Cause, string) {
	if c, _ := match(w.final, rules); c != "" {
		return c, w.final[0]
	}
	return match(w.all, rules)
}

func match(lines []string, rules []rule) (event.Cause, string) {
	for _, r := range rules {
		for i := len(lines) - 1; i >= 0; i-- {
			if r.says.MatchString(lines[i]) {
				return r.cause, lines[i]
			}
		}
	}
	return "", ""
}
