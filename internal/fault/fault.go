// Package fault holds the form in which any room says what is wrong with its
// part of the configuration. The promise: a fault names the key, says what is
// wrong and what would be right, and never holds a secret's value. The room that
// reads the file adds file and line.
package fault

// Fault is something wrong with one key of a section.
type Fault struct {
	Key    string // relative to the room's section, dotted: "poll.url"; empty: the section itself
	Text   string // what is wrong: "is empty"
	Remedy string // what would be right: "give the address of the mail server"
}
