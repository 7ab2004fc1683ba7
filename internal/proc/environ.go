package proc

import (
	"os"
	"strings"
	"syscall"
	"unicode/utf8"
)

const (
	// maxArgument is the room, in pages, that the kernel gives one argument or variable,
	// its final NUL included (MAX_ARG_STRLEN of execve(2)).
	maxArgument = 32
	// leastArguments is the least room, in bytes, that it gives all of them, and
	// mostArguments the most, however large the stack may grow (execve(2), fs/exec.c).
	leastArguments = 128 << 10
	mostArguments  = 6 << 20
	// pointer is what each of them takes beside its text, its NUL included.
	pointer = 9
	// spare is left for what the kernel itself adds.
	spare = 8 << 10
)

// Environ is bellhop's own environment with add ("NAME=value", the more important
// first) over it, such that the kernel starts a command with these arguments: NULs
// go, what is too long is cut, and what finds no room beside the rest is left out. It
// also returns the names of those that are not whole.
func Environ(args, add []string) (env, unwhole []string) {
	env = os.Environ()
	room := argumentRoom() - size(args) - size(env) - spare
	for _, variable := range add {
		whole := strings.ReplaceAll(variable, "\x00", "")
		kept := head(whole, maxArgument*os.Getpagesize()-1)
		fits := len(kept)+pointer <= room
		if fits {
			env = append(env, kept)
			room -= len(kept) + pointer
		}
		if !fits || kept != variable {
			name, _, _ := strings.Cut(whole, "=")
			unwhole = append(unwhole, name)
		}
	}
	return env, unwhole
}

// argumentRoom is how many bytes all arguments and variables may take: a quarter of
// the stack, within bounds.
func argumentRoom() int {
	var stack syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_STACK, &stack); err != nil {
		return leastArguments
	}
	return int(min(max(stack.Cur/4, leastArguments), mostArguments))
}

func size(texts []string) (n int) {
	for _, text := range texts {
		n += len(text) + pointer
	}
	return n
}

// head is as many whole characters of text as fit into n bytes.
func head(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for n > 0 && !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}
