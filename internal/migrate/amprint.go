package migrate

import (
	"path/filepath"
	"slices"
	"strings"

	"bellhop/sinks/exec"
)

// receiver says where bellhop listens for the alerts, and for which.
func (p *page) receiver(e executor, host string, port int) {
	p.line(0, "")
	p.line(0, "receiver:")
	p.comment(1, "prometheus-am-executor took webhooks at any path. bellhop takes them at /alert and at /: have "+
		"Alertmanager send them to one of these, with send_resolved: true.")
	p.line(1, "host: %s", quote(host))
	p.line(1, "port: %d", port)
	p.comment(1, "prometheus-am-executor ran its commands for every alert, once for a webhook. bellhop forwards "+
		"each alert by itself, so that a command runs once for each; those that alert_names takes for alerts of "+
		"backups it looks into first, and runs a command once for a plan. With drop in place of forward it hears "+
		"of those alone.")
	p.line(1, "other_alerts: forward")
	p.tls(e)
}

// tls says how to go on with HTTPS: by a file of its own, which nobody but the reader
// can write.
func (p *page) tls(e executor) {
	switch {
	case e.key == "" && e.crt == "":
		return
	case e.key == "" || e.crt == "":
		p.comment(1, "Only one of tls_key and tls_crt is given: prometheus-am-executor spoke plain HTTP.")
		return
	}
	p.comment(1, "HTTPS is set up in a file of its own, Prometheus' web configuration. Write these lines "+
		"into /etc/bellhop/web.yml, where relative paths count from its folder, and take away the # before web_config_file:")
	p.line(1, "#   tls_server_config:")
	p.line(1, "#     cert_file: %s", quote(e.crt))
	p.line(1, "#     key_file: %s", quote(e.key))
	p.line(1, "# web_config_file: /etc/bellhop/web.yml")
}

func (p *page) sinks(e executor) {
	p.line(0, "")
	p.comment(0, "The first webhook of an alert that fires opens an incident, the others repeat it: on names "+
		"both. A command runs once for each, and not again after a crash or when it failed, unless rerun is "+
		"true. One that runs for longer than timeout (10m) is ended, as prometheus-am-executor never did: "+
		"give it more time where it needs more. What it printed, and how it ended, is in `bellhop deliveries`.")
	p.comment(0, "The signal at the end reaches a command's children, too, and it is sent when the incident "+
		"ends: a resolved alert alone may only mean that the next run has begun.")
	if slices.ContainsFunc(e.commands, func(c command) bool { return c.notify }) {
		p.comment(0, "notify_on_failure, which was true unless it was said otherwise, had a failure answered "+
			"with 500, so that Alertmanager sent the alert again. bellhop answers when it has kept the alert; "+
			"give a command a fallback to hear that it failed.")
	}
	p.line(0, "sinks:")
	for _, c := range e.commands {
		p.command(c)
	}
}

func (p *page) command(c command) {
	p.line(1, "%s:", quote(c.name))
	p.line(2, "type: exec")
	if strings.Contains(c.Command, "/") && !filepath.IsAbs(c.Command) {
		p.comment(2, "This counts from the folder in which bellhop is started: better write the whole path.")
	}
	p.line(2, "command: %s", quote(c.Command))
	if len(c.Args) > 0 {
		p.line(2, "args: %s", list(c.Args))
	}
	p.line(2, "on: [open, repeat]")
	if len(c.labels) > 0 {
		p.line(2, "match_labels:")
		for _, name := range c.labels {
			p.line(3, "%s: %s", quote(name), quote(c.MatchLabels[name]))
		}
	}
	if c.Max > 0 {
		p.line(2, "max: %d", c.Max)
	}
	if c.IgnoreResolved {
		p.line(2, "ignore_resolved: true")
	}
	if c.ResolvedSignal != exec.DefaultConfig().ResolvedSignal {
		p.line(2, "resolved_signal: %s", quote(c.ResolvedSignal))
	}
	if c.notify {
		p.comment(2, "notify_on_failure: true")
	}
}

func (p *page) logging(e executor) {
	if e.verbose {
		p.line(0, "")
		p.line(0, "logging:")
		p.line(1, "level: DEBUG")
	}
}
