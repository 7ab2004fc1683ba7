#!/bin/sh
# After the files are gone: `remove` or `purge` (deb), 0 (rpm). Only purge takes the queue;
# of a queue elsewhere (queue.path) nothing is known any more.
set -e

case ${1:-} in
purge)
	rm -f /var/lib/bellhop/bellhop.db* /var/lib/bellhop/bellhop.journal /var/lib/bellhop/bellhop.sock
	for folder in /var/lib/bellhop /etc/bellhop; do
		[ ! -d "$folder" ] || rmdir "$folder" 2>/dev/null || echo "bellhop: stays, as something else is in it: $folder"
	done
	;;
remove | 0) ;;
*) exit 0 ;;
esac

if [ -d /run/systemd/system ]; then
	systemctl daemon-reload
fi
