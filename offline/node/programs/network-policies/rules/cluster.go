// Package rules works out the packet filter that a cluster's NetworkPolicies ask of one node. It does no input or output: the same
// cluster always gives the same text.
package rules

import (
	"net/netip"

	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// Cluster is what policies depend on, seen from one node.
type Cluster struct {
	Node       string
	Pods       []*Pod
	Namespaces map[string]labels.Set
	Policies   []*networkingv1.NetworkPolicy
}

// Pod is a pod with an IPv4 address of the pod network. Pods that have ended, and those on their node's own network, are not told
// apart from other machines: the address is not, or no longer, theirs alone.
type Pod struct {
	Namespace, Name, Node string
	Labels                labels.Set
	Address               netip.Addr
	Ports                 []NamedPort
}

// NamedPort is a port of a container that policies may call by its name.
type NamedPort struct {
	Name     string
	Protocol Protocol
	Number   uint16
}
