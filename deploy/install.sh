#!/bin/sh
# Installs bellhop on this machine, brings it up to date, or takes it away.
#
# The promise: it asks before it replaces what differs or stops what runs; it has the
# new bellhop check the configuration before anything is changed, so that what runs
# goes on running when something is wrong; a second run changes nothing and says so.
# Of a configuration that is there it changes the addresses, never the rest. Where it
# fails half-way it says so, and the next run does what is left.
# It fetches nothing: the program lies beside it, or is built by `make build`.
#
# shellcheck disable=SC2016 # what is said names commands in backquotes
set -eu
umask 022 # of a folder that is made on the way, whatever root's own is

usage() {
	cat <<'END'
Usage: install.sh [OPTION]…

Installs bellhop, or brings it up to date, and starts it.

  --from ADDR         sender of the mails, and …
  --to ADDR[,ADDR]    … who gets them: writes a configuration, or changes these
                      addresses in the one that is there
  --take-over         stop and disable ns8-backup-monitor, and take over its
                      configuration where there is none
  --yes               answer every question with yes
  --dry-run           say what would be done, do nothing
  --binary FILE       the program to install (default: beside this file, or ../bin)
  --prefix DIR        install the program in DIR/bin (default: /usr/local)
  --root DIR          install into the system whose root is DIR
  --alertmanager URL  the Alertmanager to look for (default: http://127.0.0.1:9093)
  --uninstall         stop bellhop and remove it; configuration and queue stay.
                      Beside a package it removes its own two files only
  --purge             … with configuration and queue
  --help              print this

With --from and --to, or --take-over, questions are for a terminal only; elsewhere the
answer is no, and nothing that differs is replaced.

Exit codes: 0 bellhop is installed and, where systemd runs, runs; 1 something hinders
it; 2 the command line was not understood.
END
}

here=$(cd "$(dirname "$0")" && pwd)
action=install from='' to='' take=no yes=no dry=no binary='' prefix=/usr/local root='' purge=no
asks=yes # no: nobody is there to be asked
alertmanager=http://127.0.0.1:9093
kept=no    # whether somebody, or nobody, said no to other addresses
changed=no # whether anything was replaced: then a bellhop that runs is started anew
half=no    # whether something was replaced that does not run yet
draft=''   # what is to be the configuration, or a proposal for it, beside it
proposed=no
new='' # what put is just writing

say() { printf '%s\n' "$*"; }
die() {
	half=no # it says what there is left to do
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
}
# leave tidies up, however it ends.
leave() {
	code=$?
	rm -rf "$tmp"
	[ -z "$draft" ] || rm -f "$draft"
	[ -z "$new" ] || rm -f "$new"
	[ $code = 0 ] || [ $half = no ] ||
		say 'install.sh: stopped half-way, see above: run it again, then `systemctl restart bellhop`' >&2
}
misuse() {
	printf 'install.sh: %s\nSee install.sh --help.\n' "$*" >&2
	exit 2
}

parse() {
	while [ $# -gt 0 ]; do
		case $1 in
		--from | --to | --binary | --prefix | --root | --alertmanager)
			if [ $# -lt 2 ] || [ -z "$2" ]; then misuse "$1 needs a value"; fi
			case $1 in
			--from) from=$2 ;;
			--to) to=$2 ;;
			--binary) binary=$2 ;;
			--prefix) set_prefix "$2" ;;
			--root) root=${2%/} ;;
			--alertmanager) alertmanager=${2%/} ;;
			esac
			shift
			;;
		--take-over) take=yes ;;
		--yes) yes=yes ;;
		--dry-run) dry=yes ;;
		--uninstall) action=uninstall ;;
		--purge) purge=yes ;;
		--help | -h)
			usage
			exit 0
			;;
		*) misuse "unknown option: $1" ;;
		esac
		shift
	done
	[ "${from:+x}" = "${to:+x}" ] || misuse '--from and --to go together'
	[ $purge = no ] || [ $action = uninstall ] || misuse '--purge goes with --uninstall'
	{ [ -z "$from" ] && [ $take = no ]; } || [ -t 0 ] || asks=no
}

# set_prefix takes what systemd understands in a unit as it is, only.
set_prefix() {
	case $1 in
	*[!A-Za-z0-9/._+-]*) misuse "--prefix $1: letters, digits and / . _ + - only" ;;
	/*) prefix=${1%/} ;;
	*) misuse "--prefix $1: it begins with /" ;;
	esac
}

# ask is true when the answer is yes. Where nobody is to be asked it is no: that changes
# nothing.
ask() {
	if [ $dry = yes ]; then
		say "would ask: $1"
	elif [ $yes = yes ]; then
		say "$1 yes"
	elif [ $asks = no ]; then
		say "$1 no (--yes says yes)"
		return 1
	else
		answer "$1 [y/N]"
		case $reply in y | Y | yes | Yes | YES) ;; *) return 1 ;; esac
	fi
}

# answer asks a person and leaves what he wrote in reply.
answer() {
	printf '%s ' "$1"
	read -r reply || die 'nobody answers: give --from and --to, --take-over or --yes'
}

# act carries out a command that changes the machine, or only shows it.
act() {
	if [ $dry = yes ]; then
		say "would run: $*"
	else
		"$@"
	fi
}

# systemd is true where the system that is installed into runs, by systemd. That of
# --root does not, unless it is a stage.
systemd() { [ -d "$root/run/systemd/system" ] && command -v systemctl >/dev/null 2>&1; }

# same is true when a file has the content of another, and this mode, already.
same() {
	cmp -s "$1" "$2" && [ -n "$(find "$2" -prune -perm "$3")" ]
}

# put brings a file into its place, whole or not at all.
put() { # source destination mode
	if same "$1" "$2" "$3"; then
		return 0
	fi
	changed=yes
	if [ $dry = yes ]; then
		say "would write: $2 (mode $3)"
		return 0
	fi
	mkdir -p "$(dirname "$2")"
	# Copied, not moved, so that it gets the label that SELinux wants of it there.
	new=$(mktemp "$2.XXXXXX")
	cp "$1" "$new"
	[ "$(id -u)" != 0 ] || chown root:root "$new"
	chmod "$3" "$new"
	mv -f "$new" "$2"
	new='' half=yes
	say "written: $2"
}

# may is true when nothing else lies where a file is to be put, or it may go.
may() { # source destination mode
	[ ! -e "$2" ] || same "$1" "$2" "$3" || ask "$2 is another one. Replace it?"
}

# ---------------------------------------------------------------- what to install

find_binary() {
	if [ -z "$binary" ]; then
		for binary in "$here/bellhop" "$here/../bin/bellhop"; do
			[ ! -f "$binary" ] || break
		done
	fi
	case $binary in */*) ;; *) binary=./$binary ;; esac # else it would be looked for in PATH
	[ -f "$binary" ] || die "there is no program at $binary: run \`make build\`, or name one with --binary"
	"$binary" version >/dev/null 2>&1 ||
		die "$binary does not run: is it bellhop, for $(uname -m), and executable?"
}

# write_unit prints the unit for a program in prefix.
write_unit() {
	case $prefix in
	/usr/local | /usr) cat "$here/bellhop.service" ;;
	*) sed "s|^ExecStart=bellhop |ExecStart=$prefix/bin/bellhop |" "$here/bellhop.service" ;;
	esac
}

# quoted prints a text as YAML takes it for nothing else.
quoted() { printf "'%s'" "$(printf '%s' "$1" | sed "s/'/''/g")"; }

# list prints a list of addresses, which commas separate, as YAML.
list() {
	printf '%s\n' "$1" | tr ',' '\n' | while IFS= read -r address; do
		address=$(printf '%s' "$address" | sed 's/^ *//; s/ *$//')
		[ -z "$address" ] || printf '    - %s\n' "$(quoted "$address")"
	done
}

# write_config prints a new configuration, which mails.
write_config() {
	say '# Settings of bellhop. `bellhop config example` prints every key with its default,'
	say '# `bellhop check` tells what is wrong, `systemctl reload bellhop` takes it over.'
	if [ -n "$polled" ]; then
		say 'receiver:'
		say '  # The Alertmanager that is asked for alerts.'
		say '  poll:'
		say "    url: $(quoted "$polled")"
	fi
	write_mail
}

write_mail() {
	say 'mail:'
	say "  from: $(quoted "$from")"
	say '  to:'
	list "$to"
}

# write_part prints what somebody has to take over by hand.
write_part() {
	say "# What --from and --to of the installer name. It did not find out how to change it in"
	say "# $config: do so by hand, and leave the rest of that file as it is."
	write_mail
}

# readdress prints a configuration with the addresses of --from and --to put in, and
# every other line as it is. It ends with 4 when they stand there already, and with 3
# when it does not understand the file well enough to change it: it knows a block
# "mail:" with "from:" in one line, and "to:" in one line or with one address a line.
readdress() {
	FROM=$from TO=$to awk '
	# plain leaves in value what a text of YAML says, and in rest the comment after it.
	function plain(s) {
		sub(/^ +/, "", s)
		value = rest = ""
		if (match(s, /^\047([^\047]|\047\047)*\047/) || match(s, /^"[^"\\]*"/)) {
			value = substr(s, 2, RLENGTH - 2)
			rest = substr(s, RLENGTH + 1)
			if (s ~ /^\047/) gsub(/\047\047/, "\047", value)
		} else if (s ~ /^[A-Za-z0-9_.+]/) {
			if (match(s, / +#/)) {
				value = substr(s, 1, RSTART - 1)
				rest = substr(s, RSTART)
			} else
				value = s
			sub(/ +$/, "", value)
			if (value ~ /: |:$/) return 0
		} else
			return 0
		return rest ~ /^ *$/ || rest ~ /^ +#/
	}
	function quoted(s) { gsub(/\047/, "\047\047", s); return "\047" s "\047" }
	function indent(s) { match(s, /^ */); return RLENGTH }
	function blank(s) { return s ~ /^ *(#.*)?$/ }
	function pad(n) { return sprintf("%" n "s", "") }

	# setfrom and setto change the line i; setto those after it, too.
	function setfrom(i) {
		if (!plain(substr(line[i], depth + 6))) exit 3
		if (value == from) return
		line[i] = pad(depth) "from: " quoted(from) rest
		differs = 1
	}
	function setto(i,   last) {
		last = line[i] ~ /^ *to: *(#.*)?$/ ? items(i) : flow(i)
		for (j = 1; j <= wanted; j++)
			if (!(want[j] in have)) {
				after[last] = after[last] pad(deep) "- " quoted(want[j]) "\n"
				differs = 1
			}
	}
	# items looks through one address a line, takes out who is not wanted, and tells
	# the line of the last one.
	function items(i,   last) {
		last = i
		deep = -1
		for (i++; i <= stop; i++) {
			if (blank(line[i])) continue
			if (indent(line[i]) <= depth && line[i] !~ /^ *- /) break
			if (deep < 0) deep = indent(line[i])
			if (indent(line[i]) != deep || deep < depth || line[i] !~ /^ *- /) exit 3
			if (!plain(substr(line[i], deep + 2))) exit 3
			last = i
			have[value] = 1
			if (!(value in wants)) { gone[i] = 1; differs = 1 }
		}
		if (deep < 0) deep = depth + 2
		return last
	}
	# flow does so with [a, b]: that becomes one address a line when it changes.
	function flow(i,   s, n, part, found, same, comment) {
		s = substr(line[i], depth + 4)
		if (!match(s, /^ *\[[^]\[{}#]*\]/)) exit 3
		rest = substr(s, RLENGTH + 1)
		s = substr(s, 1, RLENGTH)
		if (rest !~ /^ *$/ && rest !~ /^ +#/) exit 3
		comment = rest
		sub(/^ *\[/, "", s)
		sub(/ *,? *\]$/, "", s)
		n = split(s, part, ",")
		same = 1
		for (j = 1; j <= n; j++) {
			if (!plain(part[j])) exit 3
			found[value] = 1
			if (!(value in wants)) same = 0
		}
		for (j = 1; j <= wanted; j++) if (!(want[j] in found)) same = 0
		deep = depth + 2
		if (same)
			for (j in found) have[j] = 1
		else {
			line[i] = pad(depth) "to:" comment
			differs = 1
		}
		return i
	}

	BEGIN {
		from = ENVIRON["FROM"]
		n = split(ENVIRON["TO"], part, ",")
		for (i = 1; i <= n; i++) {
			sub(/^ +/, "", part[i]); sub(/ +$/, "", part[i])
			if (part[i] == "" || part[i] in wants) continue
			wants[part[i]] = 1
			want[++wanted] = part[i]
		}
	}
	{ line[NR] = $0 }
	/\r/ || /^ *\t/ || mail && !stop && /\t/ { odd = 1 }
	/^[^ #]/ && !/^[a-z_]+:( |$)/ && !/^- / && !(/^---$/ && !keys) { odd = 1 }
	/^[^ #]/ { keys++; if (mail && !stop) stop = NR - 1 }
	/^sinks:/ { sinks = 1 }
	/^mail:/ { if (mail || $0 !~ /^mail: *(#.*)?$/) odd = 1; mail = NR }
	END {
		if (odd || !mail && sinks) exit 3
		if (!mail) exit 5
		if (!stop) stop = NR
		for (i = mail + 1; i <= stop; i++) {
			if (blank(line[i])) continue
			if (!depth) depth = indent(line[i])
			if (indent(line[i]) < depth) exit 3
			if (indent(line[i]) > depth) continue
			if (line[i] ~ /^ *from:( |$)/ && !sender) sender = i
			else if (line[i] ~ /^ *to:( |$)/ && !receivers) receivers = i
			else if (line[i] !~ /^ *([a-z_]+:( |$)|- )/) exit 3
		}
		if (!sender || !receivers) exit 3
		# What goes on in the next line is no text of one line.
		for (i = sender + 1; i <= stop && blank(line[i]); i++) ;
		if (i <= stop && indent(line[i]) > depth) exit 3
		setfrom(sender)
		for (i = receivers + 1; i <= stop && blank(line[i]); i++) ;
		if (i <= stop && indent(line[i]) > depth && line[receivers] !~ /^ *to: *(#.*)?$/) exit 3
		setto(receivers)
		if (!differs) exit 4
		for (i = 1; i <= NR; i++) {
			if (!(i in gone)) print line[i]
			printf "%s", after[i]
		}
	}' "$config"
}

# find_alertmanager leaves in polled the Alertmanager that bellhop is to ask for alerts:
# one that answers here, if this bellhop knows how to ask.
find_alertmanager() {
	polled=''
	"$binary" config example | grep -q '^  poll:' || return 0
	! answers "$alertmanager/api/v2/status" || polled=$alertmanager
}

answers() {
	if command -v curl >/dev/null 2>&1; then
		curl -fsS -m 3 -o /dev/null "$1" 2>/dev/null
	elif command -v wget >/dev/null 2>&1; then
		wget -q -T 3 -t 1 -O /dev/null "$1"
	else
		return 1
	fi
}

# choose_config leaves in candidate the file that is to be the configuration.
choose_config() {
	candidate=$config
	if [ -e "$config" ]; then
		[ -z "$from" ] || change_config
	elif [ -L "$config" ]; then
		die "$config is a link to nothing: put there what it shall lead to, or remove it"
	elif [ -n "$from" ]; then
		new_config
	elif [ -f "$old_config" ] && { [ $take = yes ] || ask "Take over $old_config?"; }; then
		candidate=$old_config
	elif [ $dry = yes ]; then
		say 'would ask: from which address mails are sent, and to whom'
		candidate=''
	else
		if [ $asks = no ] || [ $yes = yes ]; then
			die "there is no configuration at $config: give --from and --to"
		fi
		answer 'From which address shall mails be sent?'
		from=$reply
		answer 'To whom (several with commas between)?'
		to=$reply
		new_config
	fi
}

new_config() {
	find_alertmanager
	write_config >"$tmp/config.yml"
	candidate=$tmp/config.yml
}

# change_config is for those who name other addresses than those of the configuration
# that is there. It is written beside it, as a secret's file may be named from there.
change_config() {
	draft=$(mktemp "$config.XXXXXX")
	result=0
	readdress >"$draft" || result=$?
	case $result in
	0) ;;
	3) write_part >"$draft" ;;
	4) return 0 ;;
	5) { awk 1 "$config" && write_mail; } >"$draft" ;;
	*) die "$config cannot be read: nothing was changed" ;;
	esac
	# What a link leads to is somebody else's.
	if [ $result = 3 ] || [ -L "$config" ]; then
		proposed=yes
	elif ask "$config names other addresses than --from and --to. Change them, and keep the file as it is as $(unused "$config.old")?"; then
		candidate=$draft
	else
		kept=yes
		say "kept: $config"
	fi
}

# unused prints a name that no file has.
unused() {
	name=$1 number=0
	while [ -e "$name" ] || [ -L "$name" ]; do
		number=$((number + 1))
		name=$1.$number
	done
	say "$name"
}

# check has the new bellhop look at the configuration before anything is changed.
check() {
	[ $proposed = no ] || look_at "$draft"
	[ -n "$candidate" ] || return 0
	look_at "$candidate"
	show "$candidate"
	# An address of every interface is this machine's, too.
	address=$(sed -n 's/^listens on //p' "$tmp/said" | sed 's/^0\.0\.0\.0:/127.0.0.1:/; s/^\[::\]:/127.0.0.1:/')
}

look_at() {
	if ! "$binary" --config "$1" check >"$tmp/said" 2>&1; then
		show "$1"
		die 'the configuration is wrong (see above): nothing was changed, what runs goes on'
	fi
}

show() { sed "s|$1|$config|; s/^/  /" "$tmp/said"; }

# ---------------------------------------------------------------- the services

# packaged is true where bellhop came as a package, which this must not touch.
packaged() { [ -e "$root/usr/bin/bellhop" ] && [ -e "$root/usr/lib/systemd/system/bellhop.service" ]; }

predecessor_runs() { systemctl is-active --quiet ns8-backup-monitor.service; }
predecessor_stays() { systemctl is-enabled --quiet ns8-backup-monitor.service 2>/dev/null; }

# retire stops the predecessor, if it may: both listen on the same port.
retire() {
	retired=no
	predecessor_runs || predecessor_stays || return 0
	if [ $take = yes ] || ask 'ns8-backup-monitor.service is there and would tell of everything, too. Stop and disable it (its files stay)?'; then
		act systemctl disable --now ns8-backup-monitor.service
		[ $dry = yes ] || say 'stopped and disabled: ns8-backup-monitor.service; its files stay'
		retired=yes
	elif predecessor_runs; then
		die 'bellhop is installed and not started: ns8-backup-monitor runs and has its port. Run this again with --take-over'
	fi
}

# start has systemd run what was installed.
start() {
	act systemctl daemon-reload
	retire
	if ! systemctl is-enabled --quiet bellhop.service 2>/dev/null; then
		act systemctl enable bellhop.service || back_out 'bellhop cannot be enabled'
		changed=yes
	fi
	if ! systemctl is-active --quiet bellhop.service; then
		changed=yes
	elif [ $changed = no ]; then
		return 0
	fi
	act systemctl restart bellhop.service || back_out 'bellhop does not start'
	[ $dry = yes ] || say 'started: bellhop.service'
}

# back_out gives the machine back to the predecessor when bellhop does not start.
back_out() { # what went wrong
	if [ "$retired" = yes ]; then
		systemctl disable --now bellhop.service || true
		systemctl enable --now ns8-backup-monitor.service || true
		die "$1, ns8-backup-monitor runs again. See \`journalctl -u bellhop\`"
	fi
	die "$1. See \`systemctl status bellhop\` and \`journalctl -u bellhop\`"
}

# ---------------------------------------------------------------- install, uninstall

install_all() {
	find_binary
	[ -f "$here/bellhop.service" ] || die "there is no $here/bellhop.service: unpack all of the archive"
	! packaged || die 'bellhop is installed as a package here: bring that one up to date, or remove it first'
	write_unit >"$tmp/bellhop.service"
	choose_config
	check
	may "$binary" "$program" 755 || refuse
	may "$tmp/bellhop.service" "$unit" 644 || refuse
	put "$binary" "$program" 755
	put "$tmp/bellhop.service" "$unit" 644
	put_config
	! systemd || start
	half=no
	tell
	[ $proposed = no ] || [ $dry = yes ] ||
		say "Left to you: the addresses in $config were not changed. Take over what stands in $config.new, and run \`systemctl reload bellhop\`."
}

refuse() { die 'nothing was changed: what is there was not to be replaced'; }

# put_config brings the configuration into its place. One that is there already is shut
# for those whom its secrets do not concern.
put_config() {
	if [ -n "$(find -L "$config" -prune -perm -o=r 2>/dev/null)" ]; then
		act chmod o= "$config"
		changed=yes
		say "anybody could read $config: no more"
	fi
	if [ $proposed = yes ]; then
		propose
	elif [ -n "$draft" ] && [ "$candidate" = "$draft" ]; then
		replace_config
	elif [ -n "$candidate" ] && [ "$candidate" != "$config" ]; then
		[ -d "${config%/*}" ] || act mkdir -m 750 "${config%/*}"
		put "$candidate" "$config" 640
	fi
}

# replace_config puts the changed configuration in, for the same owner, and keeps the
# one that was there.
replace_config() {
	kept=$(unused "$config.old")
	changed=yes
	if [ $dry = yes ]; then
		say "would write: $config, and keep the one that is there as $kept"
		return 0
	fi
	cp -p "$config" "$kept"
	cp "$draft" "$tmp/config.yml"
	cp -p "$config" "$draft"
	cat "$tmp/config.yml" >"$draft"
	mv -f "$draft" "$config"
	draft='' half=yes
	say "written: $config; the one before is $kept"
}

# propose writes beside the configuration what somebody has to do by hand. bellhop does
# not read it, so that it is not started anew for it.
propose() {
	before=$changed
	if may "$draft" "$config.new" 640; then
		put "$draft" "$config.new" 640
	else
		say "kept: $config.new"
	fi
	changed=$before
}

# tell ends a run with what there is left to do.
tell() {
	if [ $dry = yes ]; then
		say 'Nothing was changed: this was a dry run.'
		return 0
	fi
	if [ "$kept" = yes ]; then
		say "Left as it was: the addresses in $config are not those of --from and --to. Say --yes to change them."
	fi
	if [ $changed = no ]; then
		[ "$kept" = yes ] || say "Nothing to do: bellhop is installed as it should be."
		return 0
	fi
	say
	say "bellhop $("$binary" version | sed -n 's/^bellhop //p') is installed."
	systemd || say 'systemd does not run here: start it with `bellhop serve`.'
	if grep -q '^ *poll:' "$config"; then
		say "It asks the Alertmanager that $config names; there is nothing else to set up."
	else
		tell_alertmanager
	fi
	tell_test
}

tell_alertmanager() {
	cat <<END

Give the alerts to it by an alertmanager.yml with this route and receiver:

  route:
    routes:
      - matchers: ['alertname=~"BackupFailed|backup_failed|NsBackupFailed|NsBackupMissing|backup_missing"']
        receiver: bellhop
        continue: true
  receivers:
    - name: bellhop
      webhook_configs:
        - url: http://$address/alert
          send_resolved: true

The one of NethServer's metrics module writes its file anew at every change of its
settings. Have bellhop ask that one instead, in its own configuration:

  receiver:
    poll: {url: "http://127.0.0.1:9093"}
END
}

tell_test() {
	say
	if "$binary" --help | grep -q '^  send '; then
		say 'Try it: `bellhop send` sends a marked test notice to everybody.'
		return 0
	fi
	cat <<END
Try it with an alert of a plan that does not exist; everybody is told of a plan "test":

  curl -d '{"alerts":[{"status":"firing","labels":{"alertname":"BackupFailed","id":"test"}}]}' http://$address/alert
  bellhop deliveries        # after correlator.wait_seconds: what became of it
END
}

uninstall_all() {
	if packaged; then
		uninstall_beside
		return 0
	fi
	find_queue
	there=no
	for file in "$program" "$unit"; do [ ! -e "$file" ] || there=yes; done
	if [ $purge = yes ]; then
		for file in "$config" "$queue"; do [ ! -e "$file" ] || there=yes; done
	fi
	if [ $there = no ]; then
		say 'Nothing to do: bellhop is not installed.'
		return 0
	fi
	ask 'Stop bellhop and remove it?' || die 'nothing was changed'
	[ $purge = no ] || ask "Delete $config, and what waits in $queue, for ever?" || die 'nothing was changed'
	if systemd && [ -e "$unit" ]; then
		act systemctl disable --now bellhop.service
	fi
	act rm -f "$program" "$unit"
	! systemd || act systemctl daemon-reload
	if [ $purge = yes ]; then
		purge_all
	else
		say "What stays: $config and the queue in $queue; --uninstall --purge deletes them, too."
	fi
	[ $dry = yes ] || say 'bellhop is removed.'
}

# uninstall_beside removes what install.sh put beside a package, which comes before it.
# All else belongs to the package by now, so that nothing is stopped or deleted.
uninstall_beside() {
	[ $purge = no ] || die 'bellhop is installed as a package here, too, which owns configuration and queue: --uninstall without --purge removes what install.sh installed'
	case $prefix in '' | /usr) program='' ;; esac # that is the package's
	there=''
	for file in "$program" "$unit"; do
		if [ -e "$file" ] || [ -L "$file" ]; then there="$there${there:+ and }$file"; fi
	done
	[ -n "$there" ] || die 'bellhop is installed as a package here, and as nothing else: remove it with apt or dnf'
	ask "Remove $there (the package stays)?" || die 'nothing was changed'
	[ -z "$program" ] || act rm -f "$program"
	act rm -f "$unit"
	! systemd || act systemctl daemon-reload
	[ $dry = yes ] || say "removed: $there"
	say 'The package stays, and what runs goes on. To go over to its bellhop: `systemctl reenable bellhop && systemctl restart bellhop`'
}

# find_queue leaves in queue the folder that the configuration names, else the default.
find_queue() {
	queue=''
	if [ -x "$program" ]; then
		queue=$("$program" --config "$config" check 2>/dev/null | sed -n 's/^keeps its queue in //p')
	fi
	queue=$root${queue:-/var/lib/bellhop}
}

# purge_all deletes what bellhop wrote, and the folders when nothing else is in them.
purge_all() {
	act rm -f "$queue"/bellhop.db* "$queue"/bellhop.journal "$queue"/bellhop.sock
	act rm -f "$config" "$config.new" "$config.old" "$config.old".[0-9]*
	for folder in "$queue" "$root/etc/bellhop"; do
		[ ! -d "$folder" ] || act rmdir "$folder" 2>/dev/null || say "stays, as something else is in it: $folder"
	done
}

parse "$@"
program=$root$prefix/bin/bellhop
unit=$root/etc/systemd/system/bellhop.service
config=$root/etc/bellhop/config.yml
old_config=$root/etc/ns8-backup-monitor/config.yml
[ -n "$root" ] || [ "$(id -u)" = 0 ] || [ $dry = yes ] || die 'run it as root'
tmp=$(mktemp -d)
trap leave EXIT
trap 'exit 1' HUP INT TERM
if [ $action = uninstall ]; then
	uninstall_all
else
	install_all
fi
