package ns8sendmail

import (
	"fmt"

	"bellhop/internal/fault"
	"bellhop/internal/letter"
)

// Config is the section of one sink of this kind.
type Config struct {
	// Command is the program and its first arguments; options and recipient follow.
	Command       []string `koanf:"command"`
	From          string   `koanf:"from"`           // sender, with or without a name
	To            []string `koanf:"to"`             // recipients; each gets a mail of his own
	SubjectPrefix string   `koanf:"subject_prefix"` // stands before every subject; empty: nothing does
}

// DefaultConfig holds the defaults. Sender and recipients have none.
func DefaultConfig() Config {
	return Config{
		Command:       []string{"runagent", "ns8-sendmail"},
		SubjectPrefix: letter.Prefix,
	}
}

// Validate says what is wrong with c.
func (c Config) Validate() []fault.Fault {
	faults := append(letter.Check(c.From, c.To, true), c.checkName()...)
	if len(c.Command) == 0 {
		return append(faults, fault.Fault{
			Key: "command", Text: "is empty", Remedy: "leave it out, or name the program: [runagent, ns8-sendmail]",
		})
	}
	for i, word := range c.Command {
		if word == "" {
			faults = append(faults, fault.Fault{
				Key: fmt.Sprintf("command.%d", i), Text: "is empty", Remedy: "name the program and its arguments, one a word",
			})
		}
	}
	return faults
}

// checkName sees that the sender with his name, encoded, fits into a line.
func (c Config) checkName() []fault.Fault {
	from, err := letter.Parse(c.From)
	if err != nil || len(from.String()) <= maxLine {
		return nil
	}
	return []fault.Fault{{Key: "from", Text: "has too long a name", Remedy: "give a shorter name, or the address alone"}}
}
