package config

import (
	"encoding"
	"fmt"
	"reflect"
	"strconv"
	"strings"
	"time"

	"bellhop/internal/retry"
	"bellhop/internal/secret"
)

// wrong tells that a value has the wrong type. It names the type alone, never
// the value, for that may be a secret.
func (d *decoder) wrong(key string, v any, wanted string) {
	d.fault(key, "is "+shape(v), "give "+wanted)
}

func shape(v any) string {
	switch v := v.(type) {
	case nil:
		return "empty"
	case string, text:
		return "text"
	case bool:
		return "true or false"
	case []any:
		return "a list"
	case map[string]any:
		if isList(v) {
			return "a list"
		}
		return "a mapping"
	}
	return "a number"
}

// scalar decodes v when to is of a type without parts, and reports whether it is.
func (d *decoder) scalar(key string, v any, to reflect.Value) bool {
	switch p := to.Addr().Interface().(type) {
	case *secret.String:
		if s, ok := d.text(key, v); ok {
			*p = secret.New(s)
		}
		return true
	case *time.Duration:
		d.duration(key, v, p)
		return true
	case *int64:
		d.size(key, v, p)
		return true
	case *retry.Limit:
		d.rate(key, v, p)
		return true
	case encoding.TextUnmarshaler:
		if s, ok := d.text(key, v); ok {
			d.parsed(key, p.UnmarshalText([]byte(s)))
		}
		return true
	}
	switch {
	case to.Kind() == reflect.String:
		if s, ok := d.text(key, v); ok {
			to.SetString(s)
		}
	case to.Kind() == reflect.Bool:
		d.boolean(key, v, to)
	case to.CanInt():
		d.integer(key, v, to)
	case to.CanFloat():
		d.float(key, v, to)
	default:
		return false
	}
	return true
}

func (d *decoder) parsed(key string, err error) {
	if err != nil {
		d.fault(key, err.Error(), "")
	}
}

func (d *decoder) text(key string, v any) (string, bool) {
	if s, ok := textOf(v); ok {
		return s, true
	}
	switch v.(type) {
	case map[string]any, []any:
		d.wrong(key, v, "text")
	default:
		d.wrong(key, v, "text, in quotes")
	}
	return "", false
}

func textOf(v any) (string, bool) {
	switch v := v.(type) {
	case string:
		return v, true
	case text:
		return string(v), true
	}
	return "", false
}

// boolean takes yes, no, on and off as well: YAML of ns8-backup-monitor's days
// means true and false by them.
func (d *decoder) boolean(key string, v any, to reflect.Value) {
	s, _ := textOf(v)
	switch strings.ToLower(s) {
	case "true", "yes", "on":
		v = true
	case "false", "no", "off":
		v = false
	}
	b, ok := v.(bool)
	if !ok {
		d.wrong(key, v, "true or false")
		return
	}
	to.SetBool(b)
}

func (d *decoder) integer(key string, v any, to reflect.Value) {
	if s, ok := v.(text); ok {
		if n, err := strconv.Atoi(string(s)); err == nil {
			v = n
		}
	}
	n, ok := v.(int)
	if !ok {
		d.wrong(key, v, "a whole number")
		return
	}
	if to.OverflowInt(int64(n)) {
		d.fault(key, fmt.Sprintf("%d is too large", n), "give a smaller number")
		return
	}
	to.SetInt(int64(n))
}

func (d *decoder) float(key string, v any, to reflect.Value) {
	if s, ok := v.(text); ok {
		if n, err := strconv.ParseFloat(string(s), 64); err == nil {
			v = n
		}
	}
	switch n := v.(type) {
	case int:
		to.SetFloat(float64(n))
	case float64:
		to.SetFloat(n)
	default:
		d.wrong(key, v, "a number")
	}
}
