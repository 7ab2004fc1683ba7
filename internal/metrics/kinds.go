package metrics

import "github.com/prometheus/client_golang/prometheus"

// namespace begins the name of every metric of ours.
const namespace = "bellhop"

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Namespace: namespace, Name: name, Help: help}, labels)
}

func durations(name, help string, buckets []float64) prometheus.HistogramOpts {
	return prometheus.HistogramOpts{Namespace: namespace, Name: name, Help: help, Buckets: buckets}
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(prometheus.BuildFQName(namespace, "", name), help, labels, nil)
}

// quick are the buckets, in seconds, for what waits for a disk.
func quick() []float64 { return []float64{.001, .0025, .005, .01, .025, .05, .1, .25, .5, 1, 2.5, 10} }

// slow are the buckets, in seconds, for what waits for far ends and rates.
func slow() []float64 { return []float64{.01, .05, .1, .25, .5, 1, 2.5, 5, 10, 30, 60, 300} }
