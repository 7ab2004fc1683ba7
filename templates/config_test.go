package templates_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"bellhop/templates"
)

func TestDefaultConfigIsGood(t *testing.T) {
	if faults := templates.DefaultConfig().Validate(); len(faults) > 0 {
		t.Error(faults)
	}
}

// TestFaultsNameFileAndLine holds what `check` tells of a folder of templates.
func TestFaultsNameFileAndLine(t *testing.T) {
	cases := map[string]struct{ content, text, remedy string }{
		"no end":            {"\n{{define \"mail.text\"}}{{if .Plan}}\n{{end}}", "own.tmpl:3", "mend"},
		"unknown function":  {"{{define \"mail.text\"}}\n{{shout .}}{{end}}", "own.tmpl:2: function \"shout\" not defined", "mend"},
		"misspelt name":     {"\n\n{{define \"mail.txt\"}}x{{end}}", "own.tmpl:3: there is no template \"mail.txt\"", "mail.text"},
		"no define":         {"\n{{/* c */}}\n  hello {{.Plan.Name}}", "own.tmpl:3: this stands outside", "mend"},
		"calls nobody":      {"{{define \"mail.text\"}}\n\n{{template \"my.foot\" .}}{{end}}", "own.tmpl:3: calls the template \"my.foot\"", "mend"},
		"calls in a range":  {"{{define \"mail.text\"}}{{range .Modules}}\n{{if .ID}}{{template \"x\"}}{{end}}{{end}}{{end}}", "own.tmpl:2: calls", "mend"},
		"unsafe in HTML":    {"{{define \"mail.html\"}}\n<p {{.Plan.Name}}='{{if .Plan}}\"{{else}}'{{end}}>{{end}}", "own.tmpl", "mend"},
		"empty, but broken": {"{{", "own.tmpl:1", "mend"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			conf := templates.DefaultConfig()
			conf.Dir = folder(t, c.content)
			faults := conf.Validate()
			if len(faults) != 1 || faults[0].Key != "dir" || !strings.Contains(faults[0].Text, c.text) || !strings.Contains(faults[0].Remedy, c.remedy) {
				t.Errorf("%+v", faults)
			}
			if _, err := templates.Load(conf, "", time.Now); err == nil || !strings.Contains(err.Error(), c.text) {
				t.Errorf("Load: %v", err)
			}
		})
	}
}

func TestOneNameInTwoFiles(t *testing.T) {
	conf := templates.DefaultConfig()
	conf.Dir = folder(t, `{{define "mail.text"}}1{{end}}`)
	write(t, conf.Dir, "zwei.tmpl", `{{define "mail.text"}}2{{end}}`)
	faults := conf.Validate()
	if len(faults) != 1 || !strings.Contains(faults[0].Text, "zwei.tmpl:1") || !strings.Contains(faults[0].Text, "own.tmpl:1") {
		t.Errorf("%+v", faults)
	}
}

func TestFolderAndZoneMustExist(t *testing.T) {
	dir := folder(t, "")
	for key, conf := range map[string]templates.Config{
		"dir":      {Dir: filepath.Join(dir, "absent"), Language: "en", Timezone: "UTC"},
		"timezone": {Language: "en", Timezone: "Rome"},
	} {
		if faults := conf.Validate(); len(faults) != 1 || faults[0].Key != key || faults[0].Remedy == "" {
			t.Errorf("%s: %+v", key, faults)
		}
	}
	file := templates.Config{Dir: filepath.Join(dir, "own.tmpl"), Language: "en", Timezone: "Local"}
	if faults := file.Validate(); len(faults) != 1 || !strings.Contains(faults[0].Text, "no folder") {
		t.Errorf("%+v", faults)
	}
	if faults := (templates.Config{Language: "en"}).Validate(); len(faults) != 1 || faults[0].Key != "timezone" {
		t.Errorf("an empty time zone: %+v", faults)
	}
}
