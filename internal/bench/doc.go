// Package bench measures bellhop from outside, beside what one would compare it
// with, and writes the table docs/benchmarks.md. The promise: every figure comes
// from the real program, started as a process of its own with a configuration
// file and spoken to over HTTP, unless its row says otherwise; what is compared is
// measured in the same run, in turns (A B A B), because machines are noisy; a bar
// that is missed stands in the table as missed. What could not be measured fails
// the run instead of leaving a figure out.
//
// `make bench` runs it, on Linux, whose /proc tells of memory and processor time. Each row is a file: accept, lone, road, storm, waiting,
// idle, limit, engines. In `make test` only the tools of this package are tested.
package bench
