package app

import "bellhop/internal/admin"

// sinkTypes lists the sinks of the configuration in force.
func (a *App) sinkTypes() []admin.Sink {
	var all []admin.Sink
	for _, s := range a.live().Sinks {
		all = append(all, admin.Sink{Name: s.Name, Type: s.Kind.Name})
	}
	return all
}
