package intake

import (
	"fmt"
	"net"
	"net/url"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
)

// Config is the section receiver.
type Config struct {
	Host         string   `koanf:"host"`           // address to listen on; empty: all of them
	Port         int      `koanf:"port"`           // 0: any free one
	ExternalURL  string   `koanf:"external_url"`   // how people reach bellhop; empty: nothing is linked
	AlertNames   []string `koanf:"alert_names"`    // the alerts that speak of a backup; none: no alert does, where others are forwarded
	PlanLabels   []string `koanf:"plan_labels"`    // labels that may hold the plan's id, the first with a value wins
	OtherAlerts  string   `koanf:"other_alerts"`   // what becomes of other alerts: Drop or Forward
	MaxBodyBytes int64    `koanf:"max_body_bytes"` // largest body of a request
	// WebConfigFile is Prometheus' web configuration: TLS, client certificates, basic
	// auth; empty: plain HTTP for everybody who gets there.
	WebConfigFile string `koanf:"web_config_file"`
	// BearerToken is what whoever posts alerts has to show; empty: nothing.
	BearerToken secret.String `koanf:"bearer_token"`
	Poll        PollConfig    `koanf:"poll"`
}

// What becomes of alerts that do not speak of a backup.
const (
	Drop    = "drop"    // they are ignored
	Forward = "forward" // they go the same way, each as an incident of its own
)

// PollConfig is the section receiver.poll.
type PollConfig struct {
	URL      string        `koanf:"url"`      // base of the Alertmanager that is asked; empty: none is
	Interval time.Duration `koanf:"interval"` // from the end of one poll to the next
}

// The bounds of receiver.poll.interval: more often brings nothing, more seldom makes
// alerts late.
const (
	shortestInterval = 5 * time.Second
	longestInterval  = 10 * time.Minute
)

// bodyCeiling is the largest max_body_bytes that still bounds memory in earnest.
const bodyCeiling = 64 << 20

// DefaultConfig returns the settings of a receiver that nobody configured.
func DefaultConfig() Config {
	return Config{
		Host:         "127.0.0.1",
		Port:         9099,
		AlertNames:   []string{"BackupFailed", "backup_failed", "NsBackupFailed", missedAlert, olderMissedAlert},
		PlanLabels:   []string{"backup_id", "id"},
		OtherAlerts:  Drop,
		MaxBodyBytes: 4 << 20,
		Poll:         PollConfig{Interval: 30 * time.Second},
	}
}

// Address is what to listen on, in the form of net.Listen.
func (c Config) Address() string { return net.JoinHostPort(c.Host, strconv.Itoa(c.Port)) }

// Validate looks at the settings without touching the network.
func (c Config) Validate() []fault.Fault {
	var fs []fault.Fault
	if strings.ContainsAny(c.Host, "/[]@ ") || (strings.Contains(c.Host, ":") && net.ParseIP(c.Host) == nil) {
		fs = append(fs, fault.Fault{Key: "host", Text: fmt.Sprintf("%q is no address", c.Host), Remedy: "give an IP address or a host name alone, such as 127.0.0.1"})
	}
	if c.Port < 0 || c.Port > 65535 {
		fs = append(fs, fault.Fault{Key: "port", Text: fmt.Sprintf("%d is no port", c.Port), Remedy: "give a number from 1 to 65535, such as 9099"})
	}
	if c.ExternalURL != "" && !plainURL(c.ExternalURL) {
		fs = append(fs, fault.Fault{Key: "external_url", Text: "is no plain http or https URL", Remedy: "write it as https://bellhop.example.org, without a password, query or fragment"})
	}
	if c.MaxBodyBytes < 1 || c.MaxBodyBytes > bodyCeiling {
		fs = append(fs, fault.Fault{Key: "max_body_bytes", Text: fmt.Sprintf("%d is out of range", c.MaxBodyBytes), Remedy: fmt.Sprintf("give a number of bytes from 1 to %d", bodyCeiling)})
	}
	if c.OtherAlerts != Drop && c.OtherAlerts != Forward {
		fs = append(fs, fault.Fault{Key: "other_alerts", Text: fmt.Sprintf("there is no %q", c.OtherAlerts), Remedy: "write drop or forward"})
	}
	fs = append(fs, c.Poll.validate()...)
	fs = append(fs, c.checkToken()...)
	fs = append(fs, checkWebConfig(c.WebConfigFile)...)
	if len(c.AlertNames) > 0 || c.OtherAlerts != Forward { // else there are no backups, and all is forwarded
		fs = append(fs, names("alert_names", "name the alerts that speak of a backup, such as BackupFailed", c.AlertNames)...)
	}
	return append(fs, names("plan_labels", "name the labels that hold the plan's id, such as backup_id", c.PlanLabels)...)
}

func (c PollConfig) validate() []fault.Fault {
	var fs []fault.Fault
	if c.URL != "" && !plainURL(c.URL) {
		fs = append(fs, fault.Fault{Key: "poll.url", Text: "is no plain http or https URL", Remedy: "write the base of Alertmanager as http://127.0.0.1:9093, without a password, query or fragment"})
	}
	if c.Interval < shortestInterval || c.Interval > longestInterval {
		fs = append(fs, fault.Fault{Key: "poll.interval", Text: fmt.Sprintf("%v is out of range", c.Interval), Remedy: fmt.Sprintf("give a duration from %v to %v", shortestInterval, longestInterval)})
	}
	return fs
}

// plainURL does not say what is wrong, so that a password in it is not repeated.
func plainURL(text string) bool {
	u, err := url.Parse(text)
	return err == nil && (u.Scheme == "http" || u.Scheme == "https") && u.Host != "" &&
		u.User == nil && u.RawQuery == "" && u.Fragment == ""
}

// names finds fault with a list that is empty or holds an empty name.
func names(key, remedy string, list []string) []fault.Fault {
	if len(list) == 0 {
		return []fault.Fault{{Key: key, Text: "is empty", Remedy: remedy}}
	}
	var fs []fault.Fault
	for i, name := range list {
		if strings.TrimSpace(name) == "" {
			fs = append(fs, fault.Fault{Key: fmt.Sprintf("%s.%d", key, i), Text: "is empty", Remedy: remedy})
		}
	}
	return fs
}
