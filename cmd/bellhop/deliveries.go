package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"bellhop/internal/admin"
	"bellhop/router/queue"
)

// mostListed is the longest list that the server gives at once.
const mostListed = 1000

func newDeliveries(p *process) *cobra.Command {
	var q admin.DeliveryQuery
	var output string
	cmd := &cobra.Command{
		Use:   "deliveries",
		Short: "List who was told what, newest first, and what became of it",
		Args: func(cmd *cobra.Command, args []string) error {
			return cmp.Or(cobra.NoArgs(cmd, args), checkList(q, output))
		},
		RunE: runs(func(ctx context.Context) error { return listDeliveries(ctx, p, q, output == "json") }),
	}
	cmd.Flags().StringVar(&q.Sink, "sink", "", "only of the sink of this `name`")
	cmd.Flags().StringVar(&q.State, "state", "", "only in this `state`: "+states())
	cmd.Flags().IntVar(&q.Limit, "limit", 100, "at most `so many`, up to "+strconv.Itoa(mostListed))
	cmd.Flags().StringVar(&q.After, "after", "", "those that come after this `place`, which the page before names")
	cmd.Flags().StringVar(&output, "output", "text", "`form`: text or json")
	return cmd
}

func states() string {
	var all []string
	for _, s := range admin.States() {
		all = append(all, string(s))
	}
	return strings.Join(all, ", ")
}

// checkList finds fault with flags that no server would take.
func checkList(q admin.DeliveryQuery, output string) error {
	switch {
	case q.State != "" && !slices.Contains(admin.States(), queue.State(q.State)):
		return fmt.Errorf("--state cannot be %q: give one of %s", q.State, states())
	case q.Limit < 1 || q.Limit > mostListed:
		return fmt.Errorf("--limit cannot be %d: give a number from 1 to %d", q.Limit, mostListed)
	case output != "text" && output != "json":
		return fmt.Errorf("--output cannot be %q: give text or json", output)
	}
	return nil
}

func listDeliveries(ctx context.Context, p *process, q admin.DeliveryQuery, asJSON bool) error {
	c, err := client(p)
	if err != nil {
		return err
	}
	page, err := c.Deliveries(ctx, q)
	if err != nil {
		return err
	}
	if asJSON {
		e := json.NewEncoder(p.out)
		e.SetIndent("", "  ")
		e.SetEscapeHTML(false)
		return e.Encode(page)
	}
	if err := table(p.out, page.Deliveries); err != nil {
		return err
	}
	if page.Unreadable > 0 {
		fmt.Fprintf(p.err, "%s damaged and left out; the log of bellhop names them\n", deliveries(page.Unreadable))
	}
	if page.Next != "" {
		fmt.Fprintln(p.err, "older ones:", next(q, page.Next))
	}
	return nil
}

// next is the command that shows the page after this one.
func next(q admin.DeliveryQuery, after string) string {
	words := []string{"bellhop deliveries"}
	if q.Sink != "" {
		words = append(words, "--sink", q.Sink)
	}
	if q.State != "" {
		words = append(words, "--state", q.State)
	}
	return strings.Join(append(words, "--limit", strconv.Itoa(q.Limit), "--after", after), " ")
}

// The widest that cells may be, in characters, so that a row suits a terminal.
const (
	wideName = 24
	wideText = 100
)

// table prints deliveries for people: the time of the last thing that happened, in
// the zone of this machine, and what the far end said last.
func table(w io.Writer, all []admin.Delivery) error {
	t := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(t, "TIME\tSTATE\tAS\tSINK\tTARGET\tABOUT\tTRIES\tID\tLAST ANSWER")
	for _, d := range all {
		cells := []string{
			when(d).Local().Format("2006-01-02 15:04:05"), string(d.State), string(d.As), cut(sinkOf(d), wideName), cut(d.Target, wideName),
			cut(cmp.Or(d.Plan, d.Incident, d.Event), wideName), strconv.Itoa(len(d.Attempts)), printable(d.ID), ends(lastAnswer(d), wideText),
		}
		fmt.Fprintln(t, strings.Join(cells, "\t"))
	}
	return t.Flush()
}

// ends keeps the beginning of a text and, of what is longer, more of its end: what was
// being done stands first, what the far end said stands last.
func ends(text string, wide int) string {
	all := []rune(strings.TrimSpace(printable(text)))
	if len(all) <= wide {
		return string(all)
	}
	head := wide / 4
	return string(all[:head]) + "…" + string(all[len(all)-(wide-head-1):])
}

// sinkOf names the sink, and the one in whose place it is told.
func sinkOf(d admin.Delivery) string {
	if d.Instead != nil {
		return d.Sink + " for " + d.Instead.Sink
	}
	return d.Sink
}

// when is the time of the last thing that happened to a delivery.
func when(d admin.Delivery) time.Time {
	switch n := len(d.Attempts); {
	case d.Ended != nil:
		return *d.Ended
	case n > 0:
		return d.Attempts[n-1].At
	}
	return d.Put
}

// lastAnswer is what explains the state: why it ended, else what was said last.
func lastAnswer(d admin.Delivery) string {
	n := len(d.Attempts)
	if d.Reason != "" || n == 0 {
		return d.Reason
	}
	return cmp.Or(d.Attempts[n-1].Error, d.Attempts[n-1].Status)
}
