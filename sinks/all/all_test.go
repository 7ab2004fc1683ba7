package all_test

import (
	"reflect"
	"testing"

	"bellhop/sinks/all"
)

func TestEveryKindIsComplete(t *testing.T) {
	seen := map[string]bool{}
	for _, k := range all.Kinds() {
		if k.Name == "" || seen[k.Name] {
			t.Errorf("kind %q is named twice or not at all", k.Name)
		}
		seen[k.Name] = true
		if bounded := k.Timeout > 0; bounded == k.Long || len(k.Parts) == 0 && k.Name != "exec" || k.Limit.N <= 0 || k.Limit.Per <= 0 || k.Limit.Burst < 1 || k.Limit.Burst > k.Limit.N {
			t.Errorf("%s: parts %v, timeout %v, limit %+v", k.Name, k.Parts, k.Timeout, k.Limit)
		}
		first, second := k.Settings(), k.Settings()
		if reflect.TypeOf(first).Kind() != reflect.Pointer || first == second {
			t.Errorf("%s: settings are not a pointer to a new struct each time", k.Name)
		}
		if len(k.Validate(first)) == 0 {
			t.Errorf("%s: nothing is wrong with settings that nobody wrote", k.Name)
		}
	}
}
