//go:build linux

package bench

import (
	"fmt"
	"strings"
)

// failing is a cluster's state, for redistest, in which every plan has run and one
// of its two modules failed. Ago is how many seconds ago the run ended.
func failing(plans []string, ago int) string {
	var b strings.Builder
	b.WriteString("SET cluster/uuid 5f1c7c0a-3f0e-4b36-9a56-2f4de0a7b0f1\n" +
		"HSET cluster/environment NODE_ID 1\n" +
		"HSET cluster/module_node mail1 1 nextcloud1 1\n" +
		"SET module/mail1/ui_name \"Company mail\"\n" +
		"HSET cluster/backup_repository/r1 name \"BackBlaze EU\" provider backblaze url b2:backupns8\n")
	for _, plan := range plans {
		fmt.Fprintf(&b, "HSET cluster/backup/%s name \"Nightly %s\" repository r1 schedule \"*-*-* 02:00:00\" enabled 1 instances \"mail1 nextcloud1\"\n", plan, plan)
		fmt.Fprintf(&b, "HSET node/1/backup_status/%s mail1 '{\"start\": @-%d, \"total_size\": 734003200, \"total_file_count\": 18231, \"snapshots_count\": 1, \"errors\": 0, \"end\": @-%d}'\n", plan, ago+60, ago)
		fmt.Fprintf(&b, "HSET node/1/backup_status/%s nextcloud1 '{\"start\": @-%d, \"total_size\": 0, \"total_file_count\": 0, \"snapshots_count\": 0, \"errors\": 2, \"end\": @-%d}'\n", plan, ago+60, ago)
	}
	return b.String()
}

// numbers are the names of plans from first on, as [body.number] writes them.
func numbers(first, n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("%0*d", len(mark), first+i)
	}
	return all
}
