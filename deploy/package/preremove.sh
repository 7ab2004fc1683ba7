#!/bin/sh
# Before the files go: `remove` (deb) or 0 (rpm). In an upgrade bellhop goes on running,
# and so does one whose unit is in /etc: install.sh put it there, not this package.
set -e

case ${1:-} in
remove | 0) ;;
*) exit 0 ;;
esac

unit=/etc/systemd/system/bellhop.service
if [ -f "$unit" ]; then
	echo "bellhop: $unit is not of this package: its bellhop is not stopped" >&2
	exit 0
fi
if [ -d /run/systemd/system ]; then
	systemctl disable --now bellhop.service
elif command -v systemctl >/dev/null 2>&1; then
	systemctl disable bellhop.service
fi
