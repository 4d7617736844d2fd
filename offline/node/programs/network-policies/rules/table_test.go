package rules

import (
	"encoding/json"
	"fmt"
	"math/rand"
	"net/netip"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// ROUNDS=5000 go test ./network-policies/rules looks longer than a build does.
func rounds() int {
	rounds := 100
	if asked := os.Getenv("ROUNDS"); asked != "" {
		fmt.Sscan(asked, &rounds)
	}
	return rounds
}

func TestTablesDoWhatThePoliciesSay(t *testing.T) {
	for seed := range rounds() {
		cluster := random{rand.New(rand.NewSource(int64(seed)))}.cluster()
		tables := map[string]filter{}
		for _, node := range []string{"node-0", "node-1"} {
			cluster.Node = node
			tables[node] = readTable(t, Table(cluster))
		}
		for _, sent := range packets(cluster) {
			expected, passes := cluster.allowed(sent), true
			for node, table := range tables {
				passes = passes && table.passes(sent, sent.from.isOn(node), sent.to.isOn(node))
			}
			if passes != expected {
				policies, _ := json.MarshalIndent(cluster.Policies, "", " ")
				t.Fatalf("seed %d: %v passes: %v, expected %v\n%s", seed, sent, passes, expected, policies)
			}
		}
	}
}

func (one end) isOn(node string) bool { return one.pod != nil && one.pod.Node == node }

// packets go between all pods and some other addresses, with protocols and ports that policies mention or just not.
func packets(cluster *Cluster) []packet {
	var ends []end
	for _, pod := range cluster.Pods {
		ends = append(ends, end{pod.Address, pod})
	}
	for _, address := range []string{"10.244.0.200", "192.168.1.1", "255.255.255.255", "8.8.8.8"} {
		ends = append(ends, end{netip.MustParseAddr(address), nil})
	}
	var sent []packet
	for _, from := range ends {
		for _, to := range ends {
			for protocol, ports := range map[Protocol][]int32{6: {79, 80, 82, 65535}, 17: {80, 82}, 132: {81}, 1: {0}} {
				for _, port := range ports {
					sent = append(sent, packet{from, to, protocol, port})
				}
			}
		}
	}
	return sent
}

func TestPodsThatAreNotKnownStayClosed(t *testing.T) {
	table := readTable(t, Table(&Cluster{Node: "node-0"}))
	stranger := packet{from: end{address: netip.MustParseAddr("10.244.0.9")}, to: end{address: netip.MustParseAddr("10.244.1.9")}}
	if table.passes(stranger, true, false) || table.passes(stranger, false, true) {
		t.Fatal("a pod that is not known can send or receive")
	}
}

func TestTheSameClusterGivesTheSameText(t *testing.T) {
	for seed := range rounds() {
		cluster := random{rand.New(rand.NewSource(int64(seed)))}.cluster()
		cluster.Node = "node-0"
		text := Table(cluster)
		rand.Shuffle(len(cluster.Pods), func(i, j int) { cluster.Pods[i], cluster.Pods[j] = cluster.Pods[j], cluster.Pods[i] })
		rand.Shuffle(len(cluster.Policies), func(i, j int) {
			cluster.Policies[i], cluster.Policies[j] = cluster.Policies[j], cluster.Policies[i]
		})
		if Table(cluster) != text {
			t.Fatalf("seed %d: the order of pods and policies matters", seed)
		}
	}
}

func TestTheKernelTakesTheTables(t *testing.T) {
	if exec.Command("unshare", "--net", "nft", "list", "tables").Run() != nil {
		t.Skip("needs root and nft, in a network namespace of its own")
	}
	for seed := range rounds() {
		cluster := random{rand.New(rand.NewSource(int64(seed)))}.cluster()
		cluster.Node = "node-0"
		command := exec.Command("unshare", "--net", "nft", "-f", "-")
		command.Stdin = strings.NewReader(Table(cluster))
		if words, err := command.CombinedOutput(); err != nil {
			t.Fatalf("seed %d: %v: %.600s", seed, err, words)
		}
	}
}
