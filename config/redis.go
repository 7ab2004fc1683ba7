package config

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

// checkSocket passes over a Redis socket that is not there: a file of
// ns8-backup-monitor names one, and no NS8 ever had it.
func checkSocket(c *Config, r *report) {
	if c.Redis.Socket == "" {
		return
	}
	if _, err := os.Stat(c.Redis.Socket); errors.Is(err, fs.ErrNotExist) {
		r.warn("redis.socket", fmt.Sprintf("there is no socket %s, as on every NS8", c.Redis.Socket),
			fmt.Sprintf("take the key out; redis.address (%s) is used", c.Redis.Address))
		c.Redis.Socket = ""
	}
}
