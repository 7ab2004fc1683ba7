package main

import (
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"

	"bellhop/config"
)

// logbook is the log: its level can be changed, and its file opened anew after
// somebody has moved it away.
type logbook struct {
	log     *slog.Logger
	level   slog.LevelVar
	setting config.Logging
	stderr  io.Writer

	mu  sync.Mutex
	out io.Writer
	own *os.File // nil: the log goes to standard error
}

// openLog makes the logger that the section logging asks for.
func openLog(l config.Logging, stderr io.Writer) (*logbook, error) {
	j := &logbook{setting: l, stderr: stderr}
	if err := j.reopen(); err != nil {
		return nil, err
	}
	if err := j.setLevel(l); err != nil {
		return nil, err
	}
	options := &slog.HandlerOptions{Level: &j.level}
	if l.Format == "json" {
		j.log = slog.New(slog.NewJSONHandler(j, options))
	} else {
		j.log = slog.New(slog.NewTextHandler(j, options))
	}
	return j, nil
}

func (j *logbook) setLevel(l config.Logging) error {
	level, err := l.Slog()
	if err == nil {
		j.level.Set(level)
	}
	return err
}

// Write implements io.Writer.
func (j *logbook) Write(line []byte) (int, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return j.out.Write(line)
}

// follow takes over level and file of other settings; it is true when their format
// is another, which takes a restart.
func (j *logbook) follow(l config.Logging) (restart bool) {
	_ = j.setLevel(l) // that the level is one was found out when the file was read
	restart = l.Format != j.setting.Format
	j.setting.File = l.File
	return restart
}

// reopen opens the file of the settings anew, or goes on at standard error when they name
// none.
func (j *logbook) reopen() error {
	var out io.Writer = j.stderr
	var own *os.File
	if j.setting.File != "" {
		var err error
		if own, err = os.OpenFile(j.setting.File, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o640); err != nil {
			return fmt.Errorf("open the log of logging.file: %w", err)
		}
		out = own
	}
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.own != nil {
		_ = j.own.Close() // every line was written when it was logged
	}
	j.out, j.own = out, own
	return nil
}

func (j *logbook) close() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.own != nil {
		_ = j.own.Close()
	}
}
