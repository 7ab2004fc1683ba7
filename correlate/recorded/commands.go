package recorded

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

var relative = regexp.MustCompile(`@(iso)?([+-][0-9]+)`)

// Commands reads a text into commands, each a word list that begins with the
// command in capitals. A real Redis can be filled with them.
func Commands(text string, now time.Time) ([][]string, error) {
	var all [][]string
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		c, err := command(line, now)
		if err != nil {
			return nil, fmt.Errorf("read line %d of the recorded state: %w", i+1, err)
		}
		all = append(all, c)
	}
	return all, nil
}

func command(line string, now time.Time) ([]string, error) {
	words, err := split(absolute(line, now))
	if err != nil {
		return nil, err
	}
	words[0] = strings.ToUpper(words[0])
	args := len(words) - 1
	switch words[0] {
	case "SET":
		if args != 2 {
			return nil, errors.New("SET takes a key and a value")
		}
	case "HSET":
		if args < 3 || args%2 == 0 {
			return nil, errors.New("HSET takes a key and pairs of field and value")
		}
	case "SADD":
		if args < 2 {
			return nil, errors.New("SADD takes a key and members")
		}
	default:
		return nil, fmt.Errorf("there is no command %q here; use SET, HSET or SADD", words[0])
	}
	return words, nil
}

// absolute puts moments in place of what stands relative to now.
func absolute(line string, now time.Time) string {
	return relative.ReplaceAllStringFunc(line, func(mark string) string {
		parts := relative.FindStringSubmatch(mark)
		seconds, err := strconv.Atoi(parts[2])
		if err != nil { // more digits than any moment has
			return mark
		}
		at := now.Add(time.Duration(seconds) * time.Second).UTC()
		if parts[1] != "" {
			return at.Format("2006-01-02T15:04:05-07:00")
		}
		return strconv.FormatInt(at.Unix(), 10)
	})
}

// split cuts a line into words. In single quotes only \' means anything, in double
// quotes also \" \\ and \n.
func split(line string) ([]string, error) {
	var words []string
	for line = strings.TrimLeft(line, " \t"); line != ""; line = strings.TrimLeft(line, " \t") {
		word, rest, err := next(line)
		if err != nil {
			return nil, err
		}
		words, line = append(words, word), rest
	}
	return words, nil
}

func next(line string) (word, rest string, err error) {
	quote := line[0]
	if quote != '"' && quote != '\'' {
		if end := strings.IndexAny(line, " \t"); end >= 0 {
			return line[:end], line[end:], nil
		}
		return line, "", nil
	}
	var b strings.Builder
	for i := 1; i < len(line); i++ {
		switch c := line[i]; {
		case c == quote:
			return b.String(), line[i+1:], nil
		case c == '\\' && i+1 < len(line) && (quote == '"' || line[i+1] == '\''):
			i++
			b.WriteString(unescape(line[i]))
		default:
			b.WriteByte(c)
		}
	}
	return "", "", fmt.Errorf("a quote %c is never closed", quote)
}

func unescape(c byte) string {
	if c == 'n' {
		return "\n"
	}
	return string([]byte{c})
}
