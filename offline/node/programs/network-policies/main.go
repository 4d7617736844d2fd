// network-policies enforces the cluster's NetworkPolicies for the pods of its node, by one table of nftables that is always worked out
// and replaced as a whole. It writes nothing to the API and keeps nothing on disk; while it is away, what it wrote last holds.
package main

import (
	"context"
	"errors"
	"log"
	"os"
	"os/signal"
	"syscall"
	"time"

	"k8s.io/client-go/kubernetes"
	"k8s.io/client-go/tools/clientcmd"

	"tandem.invalid/node/network-policies/rules"
)

const (
	// Changes come in bursts, such as all pods of a chart: they are waited for until none comes for a moment, but not for ever.
	quiet   = 20 * time.Millisecond
	longest = 200 * time.Millisecond

	// How often to look whether the table is still there, and how often nft may fail in a row before this program does, visibly.
	checkEvery = 30 * time.Second
	attempts   = 10
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM, syscall.SIGINT)
	defer stop()
	if err := run(ctx, os.Getenv("NODE_NAME")); err != nil && !errors.Is(err, context.Canceled) {
		log.Fatal(err)
	}
}

func run(ctx context.Context, node string) error {
	if node == "" {
		return errors.New("NODE_NAME must be the name of this node")
	}
	config, err := clientcmd.BuildConfigFromFlags("", os.Getenv("KUBECONFIG"))
	if err != nil {
		return err
	}
	config.ContentType = "application/vnd.kubernetes.protobuf"
	client, err := kubernetes.NewForConfig(config)
	if err != nil {
		return err
	}
	changes := make(signals, 1)
	watched, err := watch(ctx, client, node, changes)
	if err != nil {
		return err
	}
	check := time.NewTicker(checkEvery)
	table := applied{}
	for {
		if err := table.replace(ctx, rules.Table(watched.cluster())); err != nil {
			return err
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-changes:
			changes.settle()
		case <-check.C:
			table.check(ctx)
		}
	}
}

// signals tells that something has changed since the last look, however often.
type signals chan struct{}

func (changes signals) send() {
	select {
	case changes <- struct{}{}:
	default:
	}
}

// settle waits until there is no change for a moment.
func (changes signals) settle() {
	end := time.After(longest)
	for {
		select {
		case <-changes:
		case <-time.After(quiet):
			return
		case <-end:
			return
		}
	}
}
