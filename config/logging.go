package config

import (
	"fmt"
	"log/slog"
	"strings"

	"bellhop/internal/fault"
)

// Logging is the section logging.
type Logging struct {
	Level  string `koanf:"level"`  // DEBUG, INFO, WARNING or ERROR, in any case
	Format string `koanf:"format"` // text or json
	File   string `koanf:"file"`   // empty: standard error
}

// DefaultLogging holds the defaults.
func DefaultLogging() Logging { return Logging{Level: "INFO", Format: "text"} }

// Slog returns the level for slog. Python's words are known, too, for a file of
// ns8-backup-monitor has them.
func (l Logging) Slog() (slog.Level, error) {
	switch strings.ToUpper(l.Level) {
	case "DEBUG":
		return slog.LevelDebug, nil
	case "INFO":
		return slog.LevelInfo, nil
	case "WARN", "WARNING":
		return slog.LevelWarn, nil
	case "ERROR", "CRITICAL":
		return slog.LevelError, nil
	}
	return 0, fmt.Errorf("there is no level %q", l.Level)
}

// Validate looks at level and format; the file is opened at the start.
func (l Logging) Validate() []fault.Fault {
	var faults []fault.Fault
	if _, err := l.Slog(); err != nil {
		faults = append(faults, fault.Fault{
			Key: "level", Text: err.Error(), Remedy: "give one of DEBUG, INFO, WARNING, ERROR",
		})
	}
	if l.Format != "text" && l.Format != "json" {
		faults = append(faults, fault.Fault{
			Key: "format", Text: fmt.Sprintf("there is no format %q", l.Format), Remedy: "give text or json",
		})
	}
	return faults
}
