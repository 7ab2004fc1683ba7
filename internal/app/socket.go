package app

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"os"
	"path/filepath"

	"bellhop/internal/admin"
	"bellhop/internal/intake"
)

// longestSocket is how many bytes the path of a socket may have: sun_path of
// unix(7) has 108, the last of which is a zero.
const longestSocket = 107

// socket is where the commands of this machine find the program. Its promise: it
// may be used by its owner alone from the moment it is there, it takes the place of
// one that a killed process left, and it goes with the program. Without it the
// program runs all the same.
type socket struct {
	net.Listener
	path string
}

// openSocket makes the socket in the queue's folder, whose lock this process has to
// hold: then no other one serves there. Nil: there is none, and the log says why.
func openSocket(folder string, log *slog.Logger) *socket {
	path := admin.SocketPath(folder)
	s, err := listenAt(path)
	if err != nil {
		log.Warn("there is no socket for the commands of this machine, they use the listener", "socket", path, "err", err)
		return nil
	}
	return s
}

// listenAt binds the socket where nobody else can reach it, and moves it to its
// place once it is its owner's alone.
func listenAt(path string) (*socket, error) {
	if len(path) > longestSocket {
		return nil, fmt.Errorf("its path has %d bytes and may have %d: choose a shorter queue.path", len(path), longestSocket)
	}
	room := filepath.Join(filepath.Dir(path), ".sock") // shorter than the socket's own name
	if err := os.RemoveAll(room); err != nil {
		return nil, fmt.Errorf("take away what a killed process left: %w", err)
	}
	if err := os.Mkdir(room, 0o700); err != nil {
		return nil, fmt.Errorf("prepare the socket: %w", err)
	}
	defer func() { _ = os.RemoveAll(room) }() // else the next start does it
	born := filepath.Join(room, "s")
	ln, err := net.ListenUnix("unix", &net.UnixAddr{Name: born, Net: "unix"})
	if err != nil {
		return nil, fmt.Errorf("make the socket: %w", err)
	}
	ln.SetUnlinkOnClose(false) // it will have another name by then
	err = os.Chmod(born, 0o600)
	if err == nil {
		err = os.Rename(born, path)
	}
	if err != nil {
		return nil, errors.Join(fmt.Errorf("put the socket into its place: %w", err), ln.Close())
	}
	return &socket{ln, path}, nil
}

// serve answers at the socket until ctx ends. What ends it earlier costs the
// socket alone.
func (s *socket) serve(ctx context.Context, h http.Handler, log *slog.Logger) {
	if s == nil {
		return
	}
	if err := intake.Serve(ctx, s, h, log); err != nil {
		log.Error("the socket for the commands of this machine is lost, they use the listener", "socket", s.path, "err", err)
	}
}

// shut closes the socket and takes it away.
func (s *socket) shut() error {
	if s == nil {
		return nil
	}
	err := s.Close()
	if errors.Is(err, net.ErrClosed) {
		err = nil
	}
	if gone := os.Remove(s.path); !errors.Is(gone, fs.ErrNotExist) {
		err = errors.Join(err, gone)
	}
	return err
}
