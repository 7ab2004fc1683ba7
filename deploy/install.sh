#!/bin/sh
# Installs bellhop on this machine, brings it up to date, or takes it away.
#
# The promise: it asks before it replaces what differs or stops what runs; it has the
# new bellhop check the configuration before anything is changed, so that what runs
# goes on running when something is wrong; a second run changes nothing and says so.
# It fetches nothing: the program lies beside it, or is built by `make build`.
#
# shellcheck disable=SC2016 # what is said names commands in backquotes
set -eu

usage() {
	cat <<'END'
Usage: install.sh [OPTION]…

Installs bellhop, or brings it up to date, and starts it.

  --from ADDR         sender of the mails, and …
  --to ADDR[,ADDR]    … who gets them: writes a configuration, asks nothing
  --take-over         stop and disable ns8-backup-monitor, and take over its
                      configuration where there is none; asks nothing
  --yes               answer every question with yes
  --dry-run           say what would be done, do nothing
  --binary FILE       the program to install (default: beside this file, or ../bin)
  --prefix DIR        install the program in DIR/bin (default: /usr/local)
  --root DIR          install into the system whose root is DIR
  --alertmanager URL  the Alertmanager to look for (default: http://127.0.0.1:9093)
  --uninstall         stop bellhop and remove it; configuration and queue stay
  --purge             … with configuration and queue
  --help              print this

Exit codes: 0 bellhop is installed and, where systemd runs, runs; 1 something hinders
it; 2 the command line was not understood.
END
}

here=$(cd "$(dirname "$0")" && pwd)
action=install from='' to='' take=no yes=no dry=no binary='' prefix=/usr/local root='' purge=no
asks=yes # no: nobody is there to be asked
alertmanager=http://127.0.0.1:9093
changed=no # whether anything was replaced: then a bellhop that runs is started anew

say() { printf '%s\n' "$*"; }
die() {
	printf 'install.sh: %s\n' "$*" >&2
	exit 1
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
			--prefix) prefix=${2%/} ;;
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
	[ -z "$from" ] && [ $take = no ] || asks=no
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
	rm -f "$2.new"
	(umask 077 && cp "$1" "$2.new")
	[ "$(id -u)" != 0 ] || chown root:root "$2.new"
	chmod "$3" "$2.new"
	mv -f "$2.new" "$2"
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

# write_config prints a configuration that mails.
write_config() {
	say '# Settings of bellhop. `bellhop config example` prints every key with its default,'
	say '# `bellhop check` tells what is wrong, `systemctl reload bellhop` takes it over.'
	if [ -n "$polled" ]; then
		say 'receiver:'
		say '  # The Alertmanager that is asked for alerts.'
		say '  poll:'
		say "    url: $(quoted "$polled")"
	fi
	say 'mail:'
	say "  from: $(quoted "$from")"
	say '  to:'
	list "$to"
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
		[ -z "$from" ] || replace_config
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
	write_config >"$tmp/config.yml"
	candidate=$tmp/config.yml
}

# replace_config is for those who ask for other addresses than those that are there.
replace_config() {
	new_config
	if cmp -s "$candidate" "$config"; then
		candidate=$config
	elif ask "$config is not what --from and --to make. Replace it, and keep it as $config.old?"; then
		act cp -p "$config" "$config.old"
	else
		candidate=$config
		say "kept: $config"
	fi
}

# check has the new bellhop look at the configuration before anything is changed.
check() {
	[ -n "$candidate" ] || return 0
	fine=yes
	"$binary" --config "$candidate" check >"$tmp/said" 2>&1 || fine=no
	sed "s|$tmp/config.yml|$config|; s/^/  /" "$tmp/said"
	[ $fine = yes ] || die 'the configuration is wrong (see above): nothing was changed, what runs goes on'
	# An address of every interface is this machine's, too.
	address=$(sed -n 's/^listens on //p' "$tmp/said" | sed 's/^0\.0\.0\.0:/127.0.0.1:/; s/^\[::\]:/127.0.0.1:/')
}

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
		act systemctl enable bellhop.service
		changed=yes
	fi
	if ! systemctl is-active --quiet bellhop.service; then
		changed=yes
	elif [ $changed = no ]; then
		return 0
	fi
	act systemctl restart bellhop.service || back_out
	[ $dry = yes ] || say 'started: bellhop.service'
}

# back_out gives the machine back to the predecessor when bellhop does not start.
back_out() {
	if [ "$retired" = yes ]; then
		systemctl disable --now bellhop.service || true
		systemctl enable --now ns8-backup-monitor.service || true
		die 'bellhop does not start, ns8-backup-monitor runs again. See `journalctl -u bellhop`'
	fi
	die 'bellhop does not start and goes on trying. See `journalctl -u bellhop`'
}

# ---------------------------------------------------------------- install, uninstall

install_all() {
	find_binary
	[ -f "$here/bellhop.service" ] || die "there is no $here/bellhop.service: unpack all of the archive"
	! packaged || die 'bellhop is installed as a package here: bring that one up to date, or remove it first'
	write_unit >"$tmp/bellhop.service"
	find_alertmanager
	choose_config
	check
	may "$binary" "$program" 755 || refuse
	may "$tmp/bellhop.service" "$unit" 644 || refuse
	put "$binary" "$program" 755
	put "$tmp/bellhop.service" "$unit" 644
	put_config
	! systemd || start
	tell
}

refuse() { die 'nothing was changed: what is there was not to be replaced'; }

# put_config brings the configuration into its place. One that is there already is only
# shut for those whom its secrets do not concern.
put_config() {
	if [ -n "$candidate" ] && [ "$candidate" != "$config" ]; then
		[ -d "${config%/*}" ] || act mkdir -m 750 "${config%/*}"
		put "$candidate" "$config" 640
	elif [ -n "$(find "$config" -prune -perm -o=r 2>/dev/null)" ]; then
		act chmod o= "$config"
		changed=yes
		say "anybody could read $config: no more"
	fi
}

# tell ends a run with what there is left to do.
tell() {
	if [ $dry = yes ]; then
		say 'Nothing was changed: this was a dry run.'
		return 0
	elif [ $changed = no ]; then
		say 'Nothing to do: bellhop is installed as it should be.'
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
settings: use one of your own.
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
	! packaged || die 'bellhop is installed as a package here: remove it with apt or dnf'
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
	act rm -f "$config" "$config.old"
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
trap 'rm -rf "$tmp"' EXIT
trap 'exit 1' HUP INT TERM
if [ $action = uninstall ]; then
	uninstall_all
else
	install_all
fi
