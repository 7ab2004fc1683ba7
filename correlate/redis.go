package correlate

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"
)

const (
	dialTimeout = 2 * time.Second
	ioTimeout   = 3 * time.Second // for the answers of a whole pipeline
	poolSize    = 4
	idleTime    = time.Minute
	// scanCount is how many keys one SCAN looks at: Redis serves nobody else
	// meanwhile (https://redis.io/docs/latest/commands/scan/).
	scanCount = 1000
)

// Redis reads the cluster's Redis. It connects when it is first asked, and again
// whenever it must; it may be used from several goroutines at once.
type Redis struct {
	client *redis.Client
	where  string
}

var _ Store = (*Redis)(nil)

// Dial makes the reader, without connecting yet: a Redis that is away must not
// keep anybody from starting. A socket that is not there gives way to the address.
func Dial(cfg RedisConfig, log *slog.Logger) *Redis {
	for _, f := range cfg.Warnings() {
		log.Warn("redis."+f.Key+" "+f.Text, "remedy", f.Remedy)
	}
	network, address := cfg.target()
	log.Debug("the cluster's Redis", "network", network, "address", address)
	redis.SetLogger(quiet{log})
	return &Redis{client: redis.NewClient(options(cfg, network, address)), where: address}
}

// options sends nothing on connecting but HELLO, because the user may do nothing
// else, and tries once: whoever looks, looks again by his own pace.
func options(cfg RedisConfig, network, address string) *redis.Options {
	return &redis.Options{
		Network:                  network,
		Addr:                     address,
		Username:                 cfg.Username,
		Password:                 cfg.Password.Reveal(),
		Protocol:                 2,
		DisableIdentity:          true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
		DialTimeout:              dialTimeout,
		DialerRetries:            1,
		ReadTimeout:              ioTimeout,
		WriteTimeout:             ioTimeout,
		ContextTimeoutEnabled:    true,
		MaxRetries:               -1,
		PoolSize:                 poolSize,
		PipelinePoolSize:         -1,
		ConnMaxIdleTime:          idleTime,
	}
}

// quiet takes what go-redis says by itself out of the way: every error it speaks
// of is also returned.
type quiet struct{ log *slog.Logger }

// Printf is go-redis' way of logging.
func (q quiet) Printf(ctx context.Context, format string, args ...any) {
	q.log.DebugContext(ctx, fmt.Sprintf(format, args...))
}

// Close gives the connections back.
func (r *Redis) Close() error { return r.client.Close() }

// Keys lists the keys that match the glob pattern.
func (r *Redis) Keys(ctx context.Context, pattern string) ([]string, error) {
	var keys []string
	for cursor := uint64(0); ; {
		page, next, err := r.client.Scan(ctx, cursor, pattern, scanCount).Result()
		if err != nil {
			return nil, r.fault("list keys", err)
		}
		keys = append(keys, page...)
		if cursor = next; cursor == 0 {
			break
		}
	}
	slices.Sort(keys) // SCAN may name a key twice
	return slices.Compact(keys), nil
}

// Read asks everything in one pipeline.
func (r *Redis) Read(ctx context.Context, asks ...Ask) ([]Value, error) {
	pipe := r.client.Pipeline()
	answers := make([]answer, len(asks))
	for i, a := range asks {
		answers[i] = put(ctx, pipe, a)
	}
	_, _ = pipe.Exec(ctx) // each command holds its own error, and all of them a common one
	values := make([]Value, len(asks))
	for i, a := range answers {
		v, err := a()
		switch {
		case err == nil, errors.Is(err, redis.Nil):
			values[i] = v
		case ofOneKey(err):
			values[i] = Value{Err: err}
		default:
			return nil, r.fault("read "+asks[i].Key, err)
		}
	}
	return values, nil
}

// answer gives a command's answer once the pipeline was sent.
type answer func() (Value, error)

// put adds the command for an ask to the pipeline.
func put(ctx context.Context, pipe redis.Pipeliner, a Ask) answer {
	switch a.Want {
	case Fields:
		cmd := pipe.HMGet(ctx, a.Key, a.Fields...)
		return func() (Value, error) {
			values, err := cmd.Result()
			return Value{Hash: present(a.Fields, values)}, err
		}
	case Hash:
		cmd := pipe.HGetAll(ctx, a.Key)
		return func() (Value, error) { h, err := cmd.Result(); return Value{Hash: h}, err }
	case Members:
		cmd := pipe.SMembers(ctx, a.Key)
		return func() (Value, error) { m, err := cmd.Result(); return Value{Members: m}, err }
	}
	cmd := pipe.Get(ctx, a.Key)
	return func() (Value, error) { s, err := cmd.Result(); return Value{Text: s}, err }
}

// present keeps the fields that the hash has.
func present(names []string, values []any) map[string]string {
	h := make(map[string]string)
	for i, v := range values {
		if s, ok := v.(string); ok {
			h[names[i]] = s
		}
	}
	return h
}

// ofOneKey reports whether the error speaks of the key that was asked for, and not
// of the connection or the user as a whole.
func ofOneKey(err error) bool {
	return redis.HasErrorPrefix(err, "WRONGTYPE") || redis.HasErrorPrefix(err, "NOPERM")
}

func (r *Redis) fault(doing string, err error) error {
	advice := "see whether Redis runs and redis.address is right"
	for _, prefix := range []string{"WRONGPASS", "NOAUTH", "NOPERM"} {
		if redis.HasErrorPrefix(err, prefix) {
			advice = "see redis.username and redis.password"
		}
	}
	return &outage{doing: doing, where: r.where, err: err, advice: advice}
}

// outage is why Redis cannot be read.
type outage struct {
	doing, where string
	err          error // Redis' own words, or the network's
	advice       string
}

func (o *outage) Error() string {
	return fmt.Sprintf("%s in the cluster's Redis at %s: %v (%s)", o.doing, o.where, o.err, o.advice)
}

func (o *outage) Unwrap() error { return o.err }
