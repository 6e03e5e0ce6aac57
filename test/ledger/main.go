// Command ledger checks that a chat has lost no message, duplicated no message and kept
// the order. Clients record their actions and received messages. The command compares the
// records with the database and with the history that the server returned.
//
//	ledger check -db gifchat.db -history <folder> <folder of ledgers>
//	ledger fill -db gifchat.db -room <id> -messages <n> [-name <text>]
//	ledger integrity <database>
//	ledger shift -db gifchat.db -room <id> -by <duration>
//
// check prints counts and every violation, and exits with 1 if there is a violation.
// integrity checks a database with SQLite. fill and shift prepare databases for other
// tests: fill adds messages to a room without the server, and shift moves the time of a
// room's newest message.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
)

// errViolations is the error of check after it has found and printed violations.
var errViolations = errors.New("the ledger is violated")

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
	messages := flags.Int("messages", 0, "number of messages to add")
	name := flags.String("name", "filled", "text and client id of the added messages, before their number")
	by := flags.Duration("by", 0, "duration to move the time of the newest message by")
	if err := flags.Parse(args[1:]); err != nil {
		return err
	}
	switch args[0] {
	case "check":
		return checkAll(ctx, *database, *history, flags.Arg(0), out)
	case "integrity":
		return checkIntegrity(ctx, flags.Arg(0))
	case "fill":
		return fill(ctx, *database, *room, *name, *messages)
	case "shift":
		return shiftTime(ctx, *database, *room, *by)
	}
	return fmt.Errorf("unknown command %q", args[0])
}

// checkAll reads all inputs, checks them and prints the result.
func checkAll(ctx context.Context, database, history, folder string, out io.Writer) error {
	contents, err := readDatabase(ctx, database)
	if err != nil {
		return fmt.Errorf("read database: %w", err)
	}
	messages, err := readHistory(os.DirFS(history))
	if err != nil {
		return fmt.Errorf("read history: %w", err)
	}
	records, err := readRecords(os.DirFS(folder))
	if err != nil {
		return fmt.Errorf("read ledgers: %w", err)
	}
	result := check(contents, messages, records)
	if err := result.print(out); err != nil {
		return err
	}
	if len(result.violations) > 0 {
		return errViolations
	}
	return nil
}
