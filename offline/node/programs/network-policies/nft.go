package main

import (
	"context"
	"fmt"
	"log"
	"os/exec"
	"strings"
	"time"

	"tandem.invalid/node/network-policies/rules"
)

// applied is the table as it was last given to the kernel.
type applied struct {
	text string
}

// replace brings the table into the kernel unless it is there already. It tries again when nft fails, then gives up.
func (table *applied) replace(ctx context.Context, text string) error {
	if text == table.text {
		return nil
	}
	var err error
	for attempt := range attempts {
		started := time.Now()
		if err = nft(ctx, text, "-f", "-"); err == nil {
			table.text = text
			log.Printf("rules of %d bytes in force after %d ms", len(text), time.Since(started).Milliseconds())
			return nil
		}
		log.Print(err)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(time.Duration(attempt+1) * 100 * time.Millisecond):
		}
	}
	return fmt.Errorf("given up after %d attempts: %w", attempts, err)
}

// check forgets the table if it is gone, as when somebody has flushed all rules of the node, so that it is written again.
func (table *applied) check(ctx context.Context) {
	if err := nft(ctx, "", "list", "map", "ip", rules.Name, "ingress"); err != nil {
		log.Printf("writing the rules again: %v", err)
		table.text = ""
	}
}

func nft(ctx context.Context, input string, arguments ...string) error {
	command := exec.CommandContext(ctx, "nft", arguments...)
	command.Stdin = strings.NewReader(input)
	var words strings.Builder
	command.Stderr = &words
	if err := command.Run(); err != nil {
		// The lines after the first repeat the script, which may be long.
		complaint, _, _ := strings.Cut(words.String(), "\n")
		return fmt.Errorf("nft %s: %w: %s", strings.Join(arguments, " "), err, complaint)
	}
	return nil
}
