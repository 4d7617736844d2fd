package main

import (
	"encoding/json"
	"net/netip"
	"os"
	"path/filepath"
	"sort"
	"time"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/types"
)

// Where containerd keeps what the network plugins answered for each sandbox. It is written before any container of the pod starts;
// the kubelet reports the address to the API only later.
const sandboxes = "/var/lib/cni/results"

// addresses says which address of the pod network belongs to which pod.
//
// On this node the sandboxes are right whatever the API says; of other nodes, only the API tells. Where two pods still claim one address,
// as for a moment after a node has started again, neither gets it: no rule may let one pod pass in the name of the other.
func addresses(pods []*corev1.Pod, node string, fromSandbox map[types.UID]netip.Addr) map[*corev1.Pod]netip.Addr {
	taken := map[netip.Addr]bool{}
	owners := map[*corev1.Pod]netip.Addr{}
	for _, pod := range pods {
		if address, ok := fromSandbox[pod.UID]; ok && pod.Spec.NodeName == node && !hasNoAddress(pod) {
			owners[pod], taken[address] = address, true
		}
	}
	claims := map[netip.Addr][]*corev1.Pod{}
	for _, pod := range pods {
		_, settled := owners[pod]
		address, err := netip.ParseAddr(pod.Status.PodIP)
		if !settled && err == nil && address.Is4() && !taken[address] && !hasNoAddress(pod) {
			claims[address] = append(claims[address], pod)
		}
	}
	for address, claimants := range claims {
		if len(claimants) == 1 {
			owners[claimants[0]] = address
		}
	}
	return owners
}

// hasNoAddress tells of a pod that never had an address of its own, or no longer has the one that its status still names.
func hasNoAddress(pod *corev1.Pod) bool {
	return pod.Spec.HostNetwork || pod.Status.Phase == corev1.PodSucceeded || pod.Status.Phase == corev1.PodFailed
}

// sandbox is a file of such an answer.
type sandbox struct {
	Interface string      `json:"ifName"`
	Arguments [][2]string `json:"cniArgs"`
	Result    struct {
		IPs []struct {
			Address netip.Prefix `json:"address"`
		} `json:"ips"`
	} `json:"result"`
	written time.Time
}

// readSandboxes returns the addresses of the node's sandboxes by the pod's UID. A pod has two for a moment when its sandbox is replaced,
// and of two pods with one address the first is about to go: what was written last counts.
func readSandboxes(folder string) map[types.UID]netip.Addr {
	addresses := map[types.UID]netip.Addr{}
	owners := map[netip.Addr]types.UID{}
	for _, one := range sandboxFiles(folder) {
		var pod types.UID
		for _, argument := range one.Arguments {
			if argument[0] == "K8S_POD_UID" {
				pod = types.UID(argument[1])
			}
		}
		for _, ip := range one.Result.IPs {
			if address := ip.Address.Addr(); address.Is4() {
				if before := owners[address]; addresses[before] == address {
					delete(addresses, before)
				}
				addresses[pod], owners[address] = address, pod
			}
		}
	}
	return addresses
}

// sandboxFiles returns what can be read, oldest first. A file that is being written or removed is read at the next change.
func sandboxFiles(folder string) []sandbox {
	var found []sandbox
	files, _ := filepath.Glob(filepath.Join(folder, "*"))
	for _, file := range files {
		var one sandbox
		content, err := os.ReadFile(file)
		if err != nil || json.Unmarshal(content, &one) != nil || one.Interface == "lo" {
			continue
		}
		if state, err := os.Stat(file); err == nil {
			one.written = state.ModTime()
			found = append(found, one)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].written.Before(found[j].written) })
	return found
}
