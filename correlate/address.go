package correlate

import (
	"net"
	"os"
	"strconv"

	"bellhop/internal/fault"
	"bellhop/internal/secret"
)

// RedisConfig is the section redis: the cluster's own Redis, which is only read.
type RedisConfig struct {
	// Socket is the path of a Unix socket. NethServer 8 has none; the key is here
	// because the predecessor's configuration names one. It is used when it exists.
	Socket string `koanf:"socket"`
	// Address is host and port, used whenever Socket is not.
	Address  string        `koanf:"address"`
	Username string        `koanf:"username"`
	Password secret.String `koanf:"password"`
}

// DefaultRedisConfig returns how every node of a NethServer 8 reaches its Redis;
// the password is the public one of the user who may read what is no secret.
func DefaultRedisConfig() RedisConfig {
	return RedisConfig{
		Address:  "127.0.0.1:6379",
		Username: "default",
		Password: secret.New("nopass"),
	}
}

// Validate names each setting with which Redis cannot be reached.
func (c RedisConfig) Validate() []fault.Fault {
	host, port, err := net.SplitHostPort(c.Address)
	if _, notNumber := strconv.ParseUint(port, 10, 16); err != nil || host == "" || notNumber != nil {
		return []fault.Fault{{
			Key: "address", Text: "is no host and port", Remedy: "write it as 127.0.0.1:6379"}}
	}
	return nil
}

// Warnings names what is allowed and yet not what somebody meant: a socket that
// is not there, so that the address is used.
func (c RedisConfig) Warnings() []fault.Fault {
	if c.Socket == "" || c.hasSocket() {
		return nil
	}
	return []fault.Fault{{
		Key:    "socket",
		Text:   "names a socket that is not there; " + c.Address + " is used instead",
		Remedy: "leave it out: NethServer 8 has no Redis socket"}}
}

func (c RedisConfig) hasSocket() bool {
	info, err := os.Stat(c.Socket)
	return err == nil && info.Mode().Type() == os.ModeSocket
}

// target returns network and address to dial.
func (c RedisConfig) target() (network, address string) {
	if c.Socket != "" && c.hasSocket() {
		return "unix", c.Socket
	}
	return "tcp", c.Address
}
