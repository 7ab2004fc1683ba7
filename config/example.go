package config

import _ "embed"

//go:embed example.yml
var example string

// Example returns a commented file that can be loaded as it is, names every key
// and gives the defaults. Sinks that need a secret stand behind a # without a
// blank after it.
func Example() string { return example }
