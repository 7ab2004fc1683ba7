# Stands in for NethServer's runagent: mails are kept in $mails, and restic finds a
# repository that somebody has locked, with a last snapshot at $snapshot.
case "$*" in
ns8-sendmail*)
	mkdir -p "$mails"
	n=$(ls "$mails" | wc -l)
	for word in "$@"; do
		case "$word" in
		--subject=*) subject=${word#--subject=} ;;
		esac
		to=$word
	done
	{
		printf '%s\n%s\n' "$subject" "$to"
		cat
	} >"$mails/.new"
	mv "$mails/.new" "$mails/$n"
	;;
*snapshots*)
	printf '[{"time":"%s","hostname":"node1","paths":["/srv"],"id":"b65bae4b"}]\n' "$snapshot"
	;;
*"list locks"*)
	echo a2c64ea2123d9a9850b451ea08c1a9f531f5dccd691634d75e8c77d89114fdba
	;;
*)
	echo "no such command: $*" >&2
	exit 2
	;;
esac
