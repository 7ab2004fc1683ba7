#!/bin/sh
# After the files are in place: `configure …` (deb), 1 or 2 (rpm). A bellhop that runs is
# started anew when the new one finds nothing wrong with the configuration; one that
# does not run is never started: that is the administrator's to say. One of install.sh
# comes before this package's, so that it goes on as it is.
set -e

case ${1:-} in
configure | 1 | 2) ;;
*) exit 0 ;;
esac

if [ -f /etc/systemd/system/bellhop.service ] || [ -e /usr/local/bin/bellhop ]; then
	echo 'bellhop: what install.sh installed comes before this package and goes on: take it away by install.sh --uninstall, which leaves the package, the configuration and the queue' >&2
	[ ! -d /run/systemd/system ] || systemctl daemon-reload
	exit 0
fi

if ! said=$(/usr/bin/bellhop check 2>&1); then
	printf 'bellhop: the configuration is not right yet, so nothing is started; what runs goes on\n%s\n' "$said" >&2
	ready=no
fi
[ -d /run/systemd/system ] || exit 0 # an image is being made
systemctl daemon-reload
if [ "${ready:-yes}" = no ]; then
	exit 0
elif systemctl is-active --quiet bellhop.service; then
	systemctl restart bellhop.service || echo 'bellhop: it does not start: see journalctl -u bellhop' >&2
else
	echo 'bellhop: start it by systemctl enable --now bellhop'
fi
