package disk_test

import (
	"encoding/binary"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"go.etcd.io/bbolt"

	"bellhop/router/queue"
	"bellhop/router/queue/disk"
)

// refused opens a folder and checks that the error says all of words.
func refused(t *testing.T, folder string, words ...string) {
	t.Helper()
	e, err := disk.Open(folder, disk.Options{Now: time.Now})
	if err == nil {
		t.Fatal("the folder was opened", e.Close())
	}
	for _, word := range words {
		if !strings.Contains(err.Error(), word) {
			t.Errorf("error %q does not say %q", err, word)
		}
	}
}

func TestOpenMakesAPrivateFolder(t *testing.T) {
	folder := filepath.Join(t.TempDir(), "lib", "bellhop")
	e := open(t, folder, time.Now)
	defer e.Close()
	for name, want := range map[string]fs.FileMode{folder: 0o700 | fs.ModeDir, filepath.Join(folder, disk.File): 0o600} {
		info, err := os.Stat(name)
		if err != nil {
			t.Fatal(err)
		}
		if info.Mode() != want {
			t.Errorf("%s has mode %s, want %s", name, info.Mode(), want)
		}
	}
}

func TestOpenRefusesAHeldFolderAtOnce(t *testing.T) {
	folder := t.TempDir()
	e := open(t, folder, time.Now)
	began := time.Now()
	refused(t, folder, folder, "another process holds it", "queue.path")
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("it took %s", took)
	}
	if err := e.Close(); err != nil {
		t.Fatal(err)
	}
	if err := open(t, folder, time.Now).Close(); err != nil {
		t.Errorf("close: %v", err)
	}
}

func TestOpenRefusesAFolderThatCannotBeWritten(t *testing.T) {
	folder := t.TempDir()
	if err := os.WriteFile(filepath.Join(folder, "file"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	refused(t, filepath.Join(folder, "file", "queue"), "make queue folder", filepath.Join(folder, "file"))
	if os.Getuid() == 0 {
		t.Skip("root may write everywhere: the rest needs another user")
	}
	if err := os.Chmod(folder, 0o500); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.Chmod(folder, 0o700) }) // so that it can be removed
	refused(t, folder, folder, "user that bellhop runs as")
	refused(t, filepath.Join(folder, "new"), folder, "user that bellhop runs as")
}

func TestOpenRefusesAnotherFormat(t *testing.T) {
	folder := t.TempDir()
	if err := open(t, folder, time.Now).Close(); err != nil {
		t.Fatal(err)
	}
	alter(t, folder, func(tx *bbolt.Tx) error { return tx.Bucket([]byte("meta")).Put([]byte("format"), []byte("99")) })
	refused(t, folder, folder, `format "99"`, "another version")
}

func TestOpenRefusesWhatIsNoQueue(t *testing.T) {
	folder := t.TempDir()
	alter(t, folder, func(tx *bbolt.Tx) error { _, err := tx.CreateBucket([]byte("theirs")); return err })
	refused(t, folder, "not a queue of bellhop")

	for name, content := range map[string]string{"short": "my notes", "long": strings.Repeat("my notes\n", 10_000)} {
		folder := t.TempDir()
		file := filepath.Join(folder, disk.File)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		refused(t, folder, file, "not a queue of bellhop")
		if kept, err := os.ReadFile(file); err != nil || string(kept) != content {
			t.Errorf("%s: the file was changed, error %v", name, err)
		}
	}
}

// alter changes the closed file, or makes one, behind the engine's back.
func alter(t *testing.T, folder string, f func(tx *bbolt.Tx) error) {
	t.Helper()
	db, err := bbolt.Open(filepath.Join(folder, disk.File), 0o600, nil)
	if err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(db.Update(f), db.Close()); err != nil {
		t.Fatal(err)
	}
}

func TestOpenBeginsAnewAFileWhoseBirthWasCutOff(t *testing.T) {
	donor := t.TempDir()
	alter(t, donor, func(*bbolt.Tx) error { return nil })
	whole, err := os.ReadFile(filepath.Join(donor, disk.File))
	if err != nil {
		t.Fatal(err)
	}
	page := os.Getpagesize()
	for _, size := range []int{0, 8, 100, page, 2 * page, 3*page + 1} {
		for _, head := range [][]byte{whole[:size], make([]byte, size)} {
			folder := t.TempDir()
			if err := os.WriteFile(filepath.Join(folder, disk.File), head, 0o600); err != nil {
				t.Fatal(err)
			}
			e := open(t, folder, time.Now)
			if err := e.Do(t.Context(), queue.Step{Put: []queue.Job{{ID: "a", Lane: "l"}}}); err != nil {
				t.Errorf("%d bytes: %v", size, err)
			}
			if err := e.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestFormatOneIsMovedOn holds records as the first format wrote them: without
// checksums and without a journal.
func TestFormatOneIsMovedOn(t *testing.T) {
	const golden = `{"id":"a","lane":"l","key":"k","due":"2026-03-01T02:00:30Z","keep":true,"payload":"cGF5","seq":1,` +
		`"put":"2026-03-01T02:00:00Z","delay":30000000000,"state":"queued","tries":2,` +
		`"attempts":[{"at":"2026-03-01T01:00:00Z","took":5,"status":"500","error":"no"}],` +
		`"begun":"2026-03-01T01:30:00Z","wake":"2026-03-01T02:00:30Z","ever":true,"lost":true}`
	at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	folder := t.TempDir()
	alter(t, folder, func(tx *bbolt.Tx) error { return formatOne(tx, golden, at.Add(30*time.Second)) })
	at = at.Add(time.Minute)
	e := open(t, folder, func() time.Time { return at })
	leases, err := e.Lease(t.Context(), "l", 1)
	if err != nil || len(leases) != 1 {
		t.Fatalf("%d leases, error %v", len(leases), err)
	}
	l := leases[0]
	if !l.Heard || l.Tries != 2 || len(l.Attempts) != 1 || l.Attempts[0].Took != 5 || string(l.Payload) != "pay" ||
		l.Begun.IsZero() || l.Delay != 30*time.Second || l.Seq != 1 {
		t.Errorf("read as %+v", l)
	}
	row, err := e.Get(t.Context(), "row")
	if err != nil || row.Rev != 7 || string(row.Value) != "value" {
		t.Errorf("row %+v, error %v", row, err)
	}
	if err := errors.Join(e.Do(t.Context(), queue.Step{Ends: []queue.End{{Lease: l}}}), e.Close()); err != nil {
		t.Error(err)
	}
	if err := open(t, folder, func() time.Time { return at }).Close(); err != nil {
		t.Errorf("opened again: %v", err)
	}
}

// formatOne writes a file as the first format did, with one job and one row.
func formatOne(tx *bbolt.Tx, record string, due time.Time) error {
	number := func(n uint64) []byte { return binary.BigEndian.AppendUint64(nil, n) }
	name := func(s string) string { return "\x00" + string(rune(len(s))) + s }
	seq := number(1)
	var errs []error
	for _, put := range []struct {
		bucket     string
		key, value []byte
	}{
		{"meta", []byte("format"), []byte("1")},
		{"rows", []byte("row"), append(number(7), "value"...)},
		{"jobs", seq, []byte(record)},
		{"ids", []byte("a"), seq},
		{"order", append([]byte(name("l")+name("k")), seq...), nil},
		{"due", append(append([]byte(name("l")), number(uint64(due.UnixNano()))...), seq...), number(uint64(30 * time.Second))},
		{"lanes", append([]byte(name("l")+"q"), seq...), number(uint64(due.Add(-30 * time.Second).UnixNano()))},
		{"count", []byte(name("l")), append(number(1), number(0)...)},
	} {
		b, err := tx.CreateBucketIfNotExists([]byte(put.bucket))
		if err == nil {
			err = b.Put(put.key, put.value)
		}
		errs = append(errs, err)
	}
	return errors.Join(append(errs, tx.Bucket([]byte("jobs")).SetSequence(1))...)
}

// TestARecordIsWrittenAsBefore holds a record as this format writes it; one that no
// longer reads so needs another format.
func TestARecordIsWrittenAsBefore(t *testing.T) {
	at := time.Date(2026, 3, 1, 2, 0, 0, 0, time.UTC)
	folder := t.TempDir()
	e := open(t, folder, func() time.Time { return at })
	put := queue.Job{ID: "a", Lane: "l", Key: "k", Due: at.Add(30 * time.Second), Keep: true, Payload: []byte("pay")}
	if err := errors.Join(e.Do(t.Context(), queue.Step{Put: []queue.Job{put}}), e.Close()); err != nil {
		t.Fatal(err)
	}
	alter(t, folder, func(tx *bbolt.Tx) error {
		const fresh = `{"id":"a","lane":"l","key":"k","due":"2026-03-01T02:00:30Z","keep":true,"payload":"cGF5","seq":1,` +
			`"put":"2026-03-01T02:00:00Z","delay":30000000000,"state":"queued","wake":"2026-03-01T02:00:30Z"}`
		stored := tx.Bucket([]byte("jobs")).Get([]byte{0, 0, 0, 0, 0, 0, 0, 1})
		if got := string(stored[4:]); got != fresh { // behind the checksum
			t.Errorf("a new job is written as\n%s\nwant\n%s", got, fresh)
		}
		return nil
	})
}
