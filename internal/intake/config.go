// Package intake is written elsewhere; here stand its settings.
package intake

import "bellhop/internal/fault"

// Config is the section receiver.
type Config struct {
	Host         string   `koanf:"host"`
	Port         int      `koanf:"port"`
	ExternalURL  string   `koanf:"external_url"`
	AlertNames   []string `koanf:"alert_names"`
	PlanLabels   []string `koanf:"plan_labels"`
	MaxBodyBytes int64    `koanf:"max_body_bytes"`
}

// DefaultConfig holds the defaults.
func DefaultConfig() Config {
	return Config{
		Host: "127.0.0.1", Port: 9099, MaxBodyBytes: 4 << 20,
		AlertNames: []string{"BackupFailed", "backup_failed", "NsBackupFailed", "NsBackupMissing"},
		PlanLabels: []string{"backup_id", "id"},
	}
}

// Validate looks at the port.
func (c Config) Validate() []fault.Fault {
	if c.Port < 0 || c.Port > 65535 {
		return []fault.Fault{{Key: "port", Text: "is no port", Remedy: "give a number from 1 to 65535"}}
	}
	return nil
}
