package main

import (
	"bellhop/sinks"
	"bellhop/sinks/all"
)

// kinds lists the kinds of sinks that this program knows.
func kinds() []sinks.Kind { return all.Kinds() }
