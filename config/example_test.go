package config_test

import (
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"strings"
	"testing"
	"time"

	"go.yaml.in/yaml/v3"

	"bellhop/config"
	"bellhop/internal/retry"
	"bellhop/internal/secret"
	"bellhop/sinks"
)

func TestExampleLoadsAndGivesTheDefaults(t *testing.T) {
	c := loadWith(t, exampleKinds(), config.Example())
	same(t, "sinks", len(c.Sinks), 1)
	got, want := *c, config.Default()
	got.Sinks = nil
	same(t, "settings", got, want)
}

func TestExampleNamesEveryKey(t *testing.T) {
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(uncommented()), &tree); err != nil {
		t.Fatal(err)
	}
	for key := range tags(reflect.TypeFor[config.Config]()) {
		if _, ok := tree[key]; !ok {
			t.Errorf("the example lacks the section %s", key)
		}
	}
	for key, kind := range tags(reflect.TypeFor[config.Config]()) {
		if section, ok := tree[key].(map[string]any); ok {
			hasEvery(t, key, section, kind)
		}
	}
	route := tree["routes"].([]any)[0].(map[string]any)
	hasEvery(t, "routes", route, reflect.TypeOf(config.Config{}.Routes).Elem())
}

// TestExampleNamesEveryKeyOfEverySink also compares with the kinds' defaults.
func TestExampleNamesEveryKeyOfEverySink(t *testing.T) {
	c := uncommentedConfig(t)
	var tree map[string]any
	if err := yaml.Unmarshal([]byte(uncommented()), &tree); err != nil {
		t.Fatal(err)
	}
	sections := tree["sinks"].(map[string]any)
	sections["mail"] = tree["mail"]
	for _, k := range exampleKinds() {
		s := ofKind(t, c, k.Name)
		section := sections[s.Name].(map[string]any)
		hasEvery(t, s.Name, section, reflect.TypeOf(k.Settings()).Elem())
		hasEvery(t, s.Name, section, reflect.TypeFor[struct {
			Rate          retry.Limit   `koanf:"rate"`
			Burst         int           `koanf:"burst"`
			GiveUp        time.Duration `koanf:"give_up_after"`
			Fallback      string        `koanf:"fallback"`
			FallbackAfter time.Duration `koanf:"fallback_after"`
			Remind        time.Duration `koanf:"remind"`
		}]())
		same(t, s.Name+"'s limit", s.Limit, k.Limit)
		same(t, s.Name+"'s give_up_after", s.GiveUp, c.Queue.GiveUpAfter)
		same(t, s.Name+"'s remind", s.Remind, time.Duration(0))
		if s.Fallback != "" {
			same(t, s.Name+"'s fallback_after", s.FallbackAfter, 15*time.Minute)
		}
		keepsDefaults(t, s.Name, reflect.ValueOf(s.Settings).Elem(), reflect.ValueOf(k.Settings()).Elem())
	}
}

// uncommented takes away every # that hides a setting: one without a blank
// after it.
func uncommented() string {
	return regexp.MustCompile(`(?m)^( *)#([^ \n])`).ReplaceAllString(config.Example(), "$1$2")
}

func uncommentedConfig(t *testing.T) *config.Config {
	t.Helper()
	file := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(file, []byte("long-enough-for-all\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	secrets := regexp.MustCompile(`(?m)^( +(?:password|token|bearer_token|hmac_secret|routing_keys)_file: ).*`)
	text := secrets.ReplaceAllString(uncommented(), "${1}"+file)
	return loadWith(t, exampleKinds(), text)
}

// loadWith expects neither fault nor warning.
func loadWith(t *testing.T, kinds []sinks.Kind, text string) *config.Config {
	t.Helper()
	c, warnings, err := config.Load(write(t, text), nil, kinds)
	if err != nil || len(warnings) > 0 {
		t.Fatal(err, warnings)
	}
	return c
}

func ofKind(t *testing.T, c *config.Config, kind string) config.Sink {
	t.Helper()
	for _, s := range c.Sinks {
		if s.Kind.Name == kind {
			return s
		}
	}
	t.Fatalf("the example has no sink of type %s", kind)
	return config.Sink{}
}

// tags lists the keys of a settings struct.
func tags(s reflect.Type) map[string]reflect.Type {
	all := make(map[string]reflect.Type)
	for _, f := range reflect.VisibleFields(s) {
		if key := f.Tag.Get("koanf"); key != "" && key != "-" {
			all[key] = f.Type
		}
	}
	return all
}

func hasEvery(t *testing.T, name string, section map[string]any, s reflect.Type) {
	t.Helper()
	if s.Kind() != reflect.Struct {
		return
	}
	keys := tags(s)
	if len(keys) == 0 {
		t.Errorf("%s has no keys: the test looks in the wrong place", name)
	}
	for key := range keys {
		_, plain := section[key]
		_, file := section[key+"_file"]
		if !plain && !file {
			t.Errorf("the example lacks %s.%s", name, key)
		}
	}
}

// keepsDefaults compares those settings that have a default.
func keepsDefaults(t *testing.T, name string, got, want reflect.Value) {
	t.Helper()
	for _, f := range reflect.VisibleFields(got.Type()) {
		if f.Tag.Get("koanf") == "" || want.FieldByIndex(f.Index).IsZero() {
			continue
		}
		same(t, name+"."+f.Tag.Get("koanf"), got.FieldByIndex(f.Index).Interface(), want.FieldByIndex(f.Index).Interface())
	}
}

func TestExampleHoldsNoSecretButThePublicOne(t *testing.T) {
	c := loadWith(t, exampleKinds(), config.Example())
	same(t, "password", c.Redis.Password, secret.New("nopass"))
	if strings.Contains(config.Example(), "xoxb") {
		t.Error("the example shows a token")
	}
}
