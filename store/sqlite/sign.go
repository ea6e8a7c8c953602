package sqlite

import (
	"context"
	"database/sql"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
)

// signSuffix begins the name of a node's sign of life, after the store's own name.
const signSuffix = "-node-"

// signs are this process's signs of life: for each of its nodes a file beside the store with a kernel lock on it, which
// ends with the process however it dies. A process that finds one unlocked needn't wait for that node's lease to end.
//
// Only a dead process can be seen by it. One that is suspended keeps its lock, and its lease alone says when it may be
// taken over; where there are no such locks, leases say everything.
type signs struct {
	mu   sync.Mutex
	held map[string]*os.File // by node
}

// sign makes the node's sign of life, unless it is there. A file system that can't is no failure: the lease still counts.
// It is called in a writing transaction, as is [Store.bury], so that nobody finds the file before it is locked.
func (s *Store) sign(node string) {
	s.signs.mu.Lock()
	defer s.signs.mu.Unlock()
	if s.signs.held[node] != nil {
		return
	}
	file, err := os.OpenFile(s.signOf(node), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return
	}
	if !lock(file) {
		discard(file) // it would tell nobody anything
		return
	}
	if s.signs.held == nil {
		s.signs.held = map[string]*os.File{}
	}
	s.signs.held[node] = file
}

// unsign takes the node's sign of life away. Safe to repeat.
func (s *Store) unsign(node string) {
	s.signs.mu.Lock()
	defer s.signs.mu.Unlock()
	file := s.signs.held[node]
	if file == nil {
		return
	}
	discard(file)
	delete(s.signs.held, node)
}

// unsignAll gives the signs of life up of those nodes that couldn't leave, as on a full disk. The files stay, so that the next
// process needn't wait for their leases either.
func (s *Store) unsignAll() {
	s.signs.mu.Lock()
	defer s.signs.mu.Unlock()
	for _, file := range s.signs.held {
		_ = file.Close() // nothing was written to it
	}
	s.signs.held = nil
}

// bury forgets the nodes whose processes ended without leaving, so that their runs may be taken over at once.
func (s *Store) bury(ctx context.Context, tx *sql.Tx) error {
	folder, prefix := filepath.Dir(s.path), filepath.Base(s.path)+signSuffix
	found, err := os.ReadDir(folder)
	if err != nil {
		return nil // the lease still counts
	}
	for _, entry := range found {
		escaped, isSign := strings.CutPrefix(entry.Name(), prefix)
		node, err := url.PathUnescape(escaped)
		if !isSign || err != nil {
			continue
		}
		if err := s.buryOne(ctx, tx, node); err != nil {
			return err
		}
	}
	return nil
}

func (s *Store) buryOne(ctx context.Context, tx *sql.Tx, node string) error {
	file, err := os.OpenFile(s.signOf(node), os.O_RDWR, 0)
	if err != nil {
		return nil // its process has just left, or is somebody else's
	}
	if !lock(file) {
		return file.Close() // it lives
	}
	if _, err := tx.ExecContext(ctx, "DELETE FROM node WHERE id = ?", node); err != nil {
		_ = file.Close()
		return err
	}
	discard(file)
	return nil
}

func (s *Store) signOf(node string) string { return s.path + signSuffix + url.PathEscape(node) }

// discard removes a sign, where need be once it is closed: Windows removes no open file. One that stays is found and
// removed by the next process.
func discard(file *os.File) {
	err := os.Remove(file.Name())
	_ = file.Close() // nothing was written to it
	if err != nil {
		_ = os.Remove(file.Name())
	}
}
