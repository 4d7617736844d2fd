package main

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"testing"
	"time"

	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/types"
)

func reported(name, node, address string) *corev1.Pod {
	pod := &corev1.Pod{ObjectMeta: metav1.ObjectMeta{Name: name, UID: types.UID(name)}}
	pod.Spec.NodeName, pod.Status.PodIP, pod.Status.Phase = node, address, corev1.PodRunning
	return pod
}

func TestAddressesBelongToOnePodAtMost(t *testing.T) {
	ended := reported("ended", "here", "10.244.0.2")
	ended.Status.Phase = corev1.PodSucceeded
	onNode := reported("on-node", "here", "172.18.0.2")
	onNode.Spec.HostNetwork = true
	pods := []*corev1.Pod{
		ended, onNode,
		reported("took-over", "here", "10.244.0.2"),
		reported("new", "here", ""),
		reported("before-restart", "here", "10.244.0.3"),
		reported("there", "other", "10.244.1.2"),
		reported("unclear", "other", "10.244.1.3"),
		reported("unclear-too", "other", "10.244.1.3"),
	}
	owners := addresses(pods, "here", map[types.UID]netip.Addr{"new": netip.MustParseAddr("10.244.0.3")})
	found := map[string]string{}
	for pod, address := range owners {
		found[pod.Name] = address.String()
	}
	expected := map[string]string{"took-over": "10.244.0.2", "new": "10.244.0.3", "there": "10.244.1.2"}
	if fmt.Sprint(found) != fmt.Sprint(expected) {
		t.Errorf("%v, expected %v", found, expected)
	}
}

func TestTheYoungestSandboxCounts(t *testing.T) {
	folder := t.TempDir()
	for number, written := range []struct{ device, pod, address string }{
		{"lo", "web", "127.0.0.1/8"},
		{"eth0", "web", "10.244.0.2/24"},
		{"eth0", "web", "10.244.0.3/24"},
		{"eth0", "job", "10.244.0.2/24"},
		{"eth0", "gone", "10.244.0.4/24"},
		{"eth0", "next", "10.244.0.4/24"},
	} {
		// Names are hashes, in any order.
		file := filepath.Join(folder, fmt.Sprint("pods-", 9-number))
		content := fmt.Sprintf(`{"ifName":"%s","cniArgs":[["IgnoreUnknown","1"],["K8S_POD_UID","%s"]],"result":{"ips":[{"address":"%s"}]}}`,
			written.device, written.pod, written.address)
		when := time.Unix(int64(1000+number), 0)
		if err := os.WriteFile(file, []byte(content), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chtimes(file, when, when); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(folder, "half"), []byte(`{"ifName":"eth0",`), 0o600); err != nil {
		t.Fatal(err)
	}
	found := fmt.Sprint(readSandboxes(folder))
	if expected := "map[job:10.244.0.2 next:10.244.0.4 web:10.244.0.3]"; found != expected {
		t.Errorf("%s, expected %s", found, expected)
	}
}
