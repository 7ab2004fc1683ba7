#!/bin/sh
# After the files are gone: `remove` or `purge` (deb), 0 (rpm). Only purge takes the queue;
# of a queue elsewhere (queue.path) nothing is known any more, and one that a bellhop of
# install.sh still writes into is not this package's to take.
set -e

case ${1:-} in
purge)
	if [ -f /etc/systemd/system/bellhop.service ]; then
		echo 'bellhop: the queue stays: a bellhop that install.sh installed uses it' >&2
		exit 0
	fi
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
