package pipeline_test

import (
	"errors"
	"testing"
	"time"

	"bellhop/internal/event"
	"bellhop/internal/record"
	"bellhop/router/queue"
)

func TestR22AnOldEndIsNotSentIntoANewIncident(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refuses(event.StatusResolved)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		h.cluster.set(night(time.Hour, true, event.Success, good, good))
		h.sweep()
		dead := h.dead(1)
		h.pager.answer = nil
		h.cluster.set(night(2*time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "2", time.Hour)
		if _, err := h.pipe.Retry(h.t.Context(), dead[0].ID); !errors.Is(err, record.ErrRefused) {
			t.Errorf("got %v: the end of the old incident ends the new one", err)
		}
	})
}

func TestR22ADeliveryWhoseEventIsForgottenIsRefused(t *testing.T) {
	inHouse(t, func(h *house) {
		h.pager.answer = refuses(event.StatusOpen)
		h.cluster.set(night(-time.Hour, true, event.Partial, good, bad))
		h.alert(event.Firing, "1", time.Hour)
		dead := h.dead(1)[0]
		d, err := record.ReadDelivery(dead)
		if err != nil {
			t.Fatal(err)
		}
		if err := h.engine.Do(h.t.Context(), queue.Step{Set: []queue.Row{{Key: record.EventKey(d.Event)}}}); err != nil {
			t.Fatal(err)
		}
		if _, err = h.pipe.Retry(h.t.Context(), dead.ID); !errors.Is(err, record.ErrRefused) {
			t.Errorf("got %v", err)
		}
	})
}
