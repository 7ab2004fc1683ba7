package exec

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"

	"bellhop/internal/event"
)

// eventFile is the path of a file that holds an event; "": there is none.
type eventFile string

// writeEvent writes e as JSON into a file that only bellhop's own user may read.
func writeEvent(e event.Event) (eventFile, error) {
	b, err := json.Marshal(e)
	if err != nil {
		return "", fmt.Errorf("encode event %s: %w", e.ID, err)
	}
	f, err := os.CreateTemp("", "bellhop-event-*.json") // 0600
	if err != nil {
		return "", fmt.Errorf("write event %s for a command: %w", e.ID, err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(fmt.Errorf("write event %s for a command: %w", e.ID, err), eventFile(f.Name()).remove())
	}
	return eventFile(f.Name()), nil
}

// remove removes the file, unless the command did.
func (f eventFile) remove() error {
	if f == "" {
		return nil
	}
	if err := os.Remove(string(f)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return nil
}
