// Package correlate is written elsewhere; here stand its settings.
package correlate

import (
	"os"
	"time"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
)

// Config is the section correlator.
type Config struct {
	Wait         time.Duration `koanf:"wait_seconds"`
	MaxWait      time.Duration `koanf:"max_wait"`
	RecentWindow time.Duration `koanf:"recent_window"`
}

// DefaultConfig holds the defaults.
func DefaultConfig() Config {
	return Config{Wait: 30 * time.Second, MaxWait: 2 * time.Hour, RecentWindow: time.Hour}
}

// Validate finds no fault.
func (c Config) Validate() []fault.Fault { return nil }

// RedisConfig is the section redis.
type RedisConfig struct {
	Socket   string        `koanf:"socket"`
	Address  string        `koanf:"address"`
	Username string        `koanf:"username"`
	Password secret.String `koanf:"password"`
}

// DefaultRedisConfig holds the defaults.
func DefaultRedisConfig() RedisConfig {
	return RedisConfig{Address: "127.0.0.1:6379", Username: "default", Password: secret.New("nopass")}
}

// Validate finds no fault.
func (c RedisConfig) Validate() []fault.Fault { return nil }

// Warnings tells of a socket that is not there.
func (c RedisConfig) Warnings() []fault.Fault {
	if _, err := os.Stat(c.Socket); c.Socket == "" || err == nil {
		return nil
	}
	return []fault.Fault{{
		Key: "socket", Text: "names a socket that is not there; " + c.Address + " is used instead",
		Remedy: "leave it out: NethServer 8 has no Redis socket",
	}}
}
