// Package correlate is written elsewhere; here stand its settings.
package correlate

import (
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
