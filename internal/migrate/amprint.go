package migrate

import (
	"path/filepath"
	"slices"
	"strings"

	"bellhop/sinks/exec"
)

// webConfig is where the settings of HTTPS go, in a file of their own.
const webConfig = "/etc/bellhop/web.yml"

// receiver says where bellhop listens for the alerts, and for which.
func (p *page) receiver(e executor, host string, port int) {
	p.line(0, "")
	p.line(0, "receiver:")
	p.comment(1, "prometheus-am-executor took webhooks at any path. bellhop takes them at /alert and at /: have "+
		"Alertmanager send them to one of these, with send_resolved: true.")
	p.line(1, "host: %s", quote(host))
	p.line(1, "port: %d", port)
	p.comment(1, "prometheus-am-executor ran its commands at once and for every alert, once for a webhook. So "+
		"every alert is forwarded, by itself, and a command runs once for each; and none is taken for one "+
		"of NethServer's backups, of which bellhop tells when it has looked at the run. On NethServer take "+
		"this line out, and the sections correlator and repo_check:")
	p.line(1, "alert_names: []")
	p.line(1, "other_alerts: forward")
	p.tls(e)
	p.line(0, "")
	p.comment(0, "Nothing is asked of a NethServer.")
	p.line(0, "correlator:")
	p.line(1, "subscribe: false")
	p.line(0, "repo_check:")
	p.line(1, "enabled: false")
}

// tls goes on with HTTPS. The file that it takes is to be written by the reader; until
// then bellhop does not start, which is better than plain HTTP.
func (p *page) tls(e executor) {
	switch {
	case e.key == "" && e.crt == "":
		return
	case e.key == "" || e.crt == "":
		p.comment(1, "Only one of tls_key and tls_crt is given: prometheus-am-executor spoke plain HTTP.")
		return
	}
	p.comment(1, "HTTPS is set up in a file of Prometheus' web configuration. Write these lines into it; "+
		"relative paths count from its folder:")
	p.line(1, "#   tls_server_config:")
	p.line(1, "#     cert_file: %s", quote(e.crt))
	p.line(1, "#     key_file: %s", quote(e.key))
	p.line(1, "web_config_file: %s", webConfig)
}

func (p *page) sinks(e executor) {
	p.line(0, "")
	p.comment(0, "prometheus-am-executor ran a command once for each webhook. bellhop runs it once for each "+
		"alert in it, with that alert in its environment, and match_labels looks at that alert's labels. "+
		"The first webhook with an alert opens an incident, the others repeat it: on names both. "+
		"One that runs for longer than timeout (10m) is ended: give it more where it needs more. What it "+
		"printed, and how it ended, is in `bellhop deliveries`.")
	p.comment(0, "The signal at the end reaches a command's children, too.")
	if slices.ContainsFunc(e.commands, func(c command) bool { return c.NotifyOnFailure }) {
		p.comment(0, "notify_on_failure was true unless it was said otherwise: a webhook is answered when the "+
			"command has ended, and with 500 when it has failed, so that Alertmanager sends it again. Then bellhop "+
			"runs again what has failed, and nothing else.")
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
	if c.NotifyOnFailure {
		p.line(2, "notify_on_failure: true")
	}
}

func (p *page) logging(e executor) {
	if e.verbose {
		p.line(0, "")
		p.line(0, "logging:")
		p.line(1, "level: DEBUG")
	}
}
