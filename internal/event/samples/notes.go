package samples

import (
	"time"

	"bellhop/internal/event"
)

// Notes returns one note of each code, without a text.
func Notes() []event.Note {
	at := time.Date(2026, time.November, 20, 1, 12, 0, 0, time.UTC)
	values := func(pairs ...string) map[string]string {
		v := make(map[string]string)
		for i := 0; i < len(pairs); i += 2 {
			v[pairs[i]] = pairs[i+1]
		}
		return v
	}
	one := []string{"nextcloud1"}
	return []event.Note{
		{Code: event.NoteModulesUnknown, Values: values("where", "127.0.0.1:6379", "error", "dial tcp 127.0.0.1:6379: connect: connection refused")},
		{Code: event.NoteKeyUnreadable, Values: values("key", "cluster/module_node", "error", "NOPERM No permissions to access a key")},
		{Code: event.NotePlanUnnamed},
		{Code: event.NotePlanUnknown, Values: values("plan", "7")},
		{Code: event.NotePlanDisabled},
		{Code: event.NoteSameName, Names: []string{"1", "3"}},
		{Code: event.NoteNoModules},
		{Code: event.NoteNoRun},
		{Code: event.NoteNewestRun, Time: at},
		{Code: event.NoteLeftCluster, Names: []string{"mail2", "mail3", "mail4"}, More: 5},
		{Code: event.NoteLeftPlan, Names: []string{"mail2"}},
		{Code: event.NoteNoFiles, Names: one},
		{Code: event.NoteOwnError},
		{Code: event.NoteStatusUnreadable, Names: []string{"mail1", "samba1"}, Values: values("reason", "odd_time", "field", "start")},
		{Code: event.NoteOwnStatusUnread, Values: values("reason", "odd_result")},
		{Code: event.NoteReminder, Time: at},
		{Code: event.NoteCheckOff},
		{Code: event.NoteCheckStopped},
		{Code: event.NoteCheckLate, Values: values("span", "2m0s")},
		{Code: event.NoteCheckImpossible, Values: values("error", "start runagent: exec: \"runagent\": executable file not found in $PATH")},
		{Code: event.NoteCheckNoPlan},
		{Code: event.NoteBadPlanID, Values: values("id", "--show")},
		{Code: event.NoteBadModuleID, Values: values("id", "--show")},
		{Code: event.NoteDestinationAway},
		{Code: event.NoteSnapshotsUnread, Names: one, Values: values("reason", "too_long", "field", "1048576")},
		{Code: event.NoteNoSnapshot, Names: one},
		{Code: event.NoteSnapshotFuture, Names: one},
		{Code: event.NoteRepositoryUnread, Names: one, Values: values("exit", "3")},
		{Code: event.NoteResticLate, Names: one},
		{Code: event.NoteResticCrashed, Names: one},
		{Code: event.NoteResticKilled, Names: one},
		{Code: event.NoteResticNotStarted, Names: one, Values: values("error", "Error: lookup ghcr.io: no such host")},
		{Code: event.NoteWrapperOld},
		{Code: event.NoteWrapperBroke, Names: one, Values: values("error", "redis.exceptions.ConnectionError")},
		{Code: event.NoteWrapperRefused, Names: one, Values: values("error", "Destination not found")},
		{Code: event.NoteModuleElsewhere, Names: one, Values: values("error", "runagent: [FATAL] Cannot find module nextcloud1 in the local node")},
	}
}
