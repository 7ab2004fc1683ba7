package correlate

import "strings"

// This file alone knows how NethServer 8 names its keys
// (https://github.com/NethServer/ns8-core).

const (
	clusterUUIDKey = "cluster/uuid"        // string
	clusterNameKey = "cluster/ui_name"     // string
	moduleNodeKey  = "cluster/module_node" // hash: module -> node
	planPrefix     = "cluster/backup/"
	anyPlan        = planPrefix + "*"
)

// planKey is the hash of a plan.
func planKey(plan string) string { return planPrefix + plan }

// planOf returns the plan whose hash key is. The keys below a plan, such as its
// status in the flat layout, are no plans.
func planOf(key string) (plan string, ok bool) {
	plan, ok = strings.CutPrefix(key, planPrefix)
	return plan, ok && plan != "" && !strings.Contains(plan, "/")
}

// planStatusKey is the hash of the plan's own status in the flat layout.
func planStatusKey(plan string) string { return planPrefix + plan + "/status" }

// destinationKey is the hash of a destination. On older cores it holds passwords.
func destinationKey(uuid string) string { return "cluster/backup_repository/" + uuid }

// moduleNameKey is the string with the name that a person gave a module.
func moduleNameKey(module string) string { return "module/" + module + "/ui_name" }

// membershipKey is the set of the plans that a module is in, on cores that keep no
// list of modules with the plan.
func membershipKey(module string) string { return "module/" + module + "/backups" }

// layout is one of the forms in which statuses have been kept.
type layout int

const (
	nodeLayout   layout = iota // a hash for each node, a field of JSON for each module
	moduleLayout               // a hash for each module
	flatLayout                 // a hash for each module, with a result in words and an error text
)

func layouts() []layout { return []layout{nodeLayout, moduleLayout, flatLayout} }

// around returns what stands before and after the owner's name in the key of a
// status of the plan.
func (l layout) around(plan string) (prefix, suffix string) {
	switch l {
	case nodeLayout:
		return "node/", "/backup_status/" + plan
	case moduleLayout:
		return "module/", "/backup_status/" + plan
	}
	return "module/", "/backup/" + plan + "/status"
}

// statusPattern matches the keys of all statuses of the plan in every layout, and
// perhaps a few others: the whole cluster is gone through for it, so once has to do.
func statusPattern(plan string) string { return "*/backup*/" + escape(plan) + "*" }

// owner returns the node or module whose status of the plan key is.
func (l layout) owner(key, plan string) (owner string, ok bool) {
	prefix, suffix := l.around(plan)
	rest, begins := strings.CutPrefix(key, prefix)
	owner, ends := strings.CutSuffix(rest, suffix)
	return owner, begins && ends && owner != "" && !strings.Contains(owner, "/")
}

// escape makes a text match itself alone in a glob pattern.
func escape(s string) string {
	return strings.NewReplacer(`\`, `\\`, `*`, `\*`, `?`, `\?`, `[`, `\[`, `]`, `\]`).Replace(s)
}
