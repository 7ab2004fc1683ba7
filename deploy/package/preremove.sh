#!/bin/sh
# Before the files go: `remove` (deb) or 0 (rpm). In an upgrade bellhop goes on running.
set -e

case ${1:-} in
remove | 0) ;;
*) exit 0 ;;
esac

if [ -d /run/systemd/system ]; then
	systemctl disable --now bellhop.service
elif command -v systemctl >/dev/null 2>&1; then
	systemctl disable bellhop.service
fi
