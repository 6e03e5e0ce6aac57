// Command ledger checks that a chat lost nothing, doubled nothing and kept its
// order. Clients write down what they did and saw; ledger compares that with
// the database and with the history as the server tells it.
//
//	ledger check -db gifchat.db -history <folder> <folder of ledgers>
//	ledger fill -db gifchat.db -room <id> -messages <n> [-name <text>]
//	ledger integrity <database>
//	ledger shift -db gifchat.db -room <id> -by <duration>
//
// check prints what it has counted and every violation, and ends with 1 if
// there is one. integrity asks SQLite whether a database is whole. fill and
// shift prepare databases for other tests: fill adds messages to a room without
// the server, shift moves the time of a room's newest message.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// errViolated is what check returns when it has done its work and found
// violations, which it has printed.
var errViolated = errors.New("the ledger is violated")

func main() {
	if err := run(context.Background(), os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "ledger:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, out io.Writer) error {
	if len(args) == 0 {
		return errors.New("want check, fill, integrity or shift")
	}
	flags := flag.NewFlagSet(args[0], flag.ContinueOnError)
	database := flags.String("db", "", "database of the chat")
	history := flags.String("history", "", "folder with a <room>.json for each room")
	room := flags.String("room", "", "id of a room")
	messages := flags.Int("messages", 0, "how many messages to add")
	name := flags.String("name", "filled", "what the added messages say")
	by := flags.Duration("by", 0, "how far to move the time of the newest message")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "check":
		return checkAll(ctx, *database, *history, flags.Arg(0), out)
	case "integrity":
		return integrity(ctx, flags.Arg(0))
	case "fill":
		return fill(ctx, *database, *room, *name, *messages)
	case "shift":
		return shift(ctx, *database, *room, *by)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// checkAll reads everything, checks it, and prints the verdict.
func checkAll(ctx context.Context, database, history, folder string, out io.Writer) error {
	stored, err := readDatabase(ctx, database)
	if err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	told, err := readHistory(os.DirFS(history))
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	records, err := readLedgers(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("read ledgers: %w", err)
	}
	verdict := check(stored, told, records)
	if err := verdict.print(out); err != nil {
		return err
	}
	if len(verdict.violations) > 0 {
		return errViolated
	}
	return nil
}
