package app

import (
	"bellhop/config"
	"bellhop/internal/intake"
	"bellhop/internal/pipeline"
)

// Reload goes on with another configuration (R20). All that can be wrong is found
// before anything changes: with an error, everything is as it was. What cannot be
// changed while bellhop runs keeps its old value, and its keys are returned.
func (a *App) Reload(c *config.Config) (restart []string, err error) {
	a.mu.Lock()
	defer a.mu.Unlock()
	setup, err := a.prepare(c)
	if err != nil {
		return nil, err
	}
	restart = fixed(a.config, c)
	a.use(c, setup)
	return restart, nil
}

// use has everything go on with a configuration that was prepared.
func (a *App) use(c *config.Config, setup pipeline.Setup) {
	if a.turned != nil {
		close(a.turned)
	}
	a.config, a.turned = c, make(chan struct{})
	a.pipe.Use(setup)
	a.metrics.Sinks(outletNames(setup.Outlets)...)
	if h := a.intake.Load(); h != nil {
		a.intake.Store(h.With(c.Receiver))
	} else {
		a.intake.Store(intake.NewHandler(c.Receiver, a.pipe.Accept, a.metrics, a.o.Now, a.o.Log))
	}
	a.pump.Set(a.buildLanes(c, setup.Outlets))
}

// fixed names the keys that differ and take a restart.
func fixed(old, c *config.Config) (keys []string) {
	for _, key := range []struct {
		name    string
		differs bool
	}{
		{"receiver.host", old.Receiver.Host != c.Receiver.Host},
		{"receiver.port", old.Receiver.Port != c.Receiver.Port},
		{"receiver.web_config_file", old.Receiver.WebConfigFile != c.Receiver.WebConfigFile},
		{"queue.engine", old.Queue.Engine != c.Queue.Engine},
		{"queue.path", old.Queue.Path != c.Queue.Path},
	} {
		if key.differs {
			keys = append(keys, key.name)
		}
	}
	return keys
}

// live is the configuration in force.
func (a *App) live() *config.Config {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.config
}
