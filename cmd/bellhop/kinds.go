package main

import "bellhop/sinks"

// kinds lists the kinds of sinks that this program knows.
func kinds() []sinks.Kind { return nil }
