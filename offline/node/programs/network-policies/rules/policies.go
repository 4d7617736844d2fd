package rules

import (
	"slices"
	"sort"

	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

type direction string

const (
	ingress direction = "ingress"
	egress  direction = "egress"
)

// rule is one entry of a policy's `ingress` or `egress`, with its selectors resolved to addresses.
type rule struct {
	peers []span
	ports portSet
	names []portName
}

// policiesOf returns the policies that apply to a pod in a direction, by name. A pod with none takes and sends everything.
func (cluster *Cluster) policiesOf(pod *Pod, way direction) []*networkingv1.NetworkPolicy {
	var found []*networkingv1.NetworkPolicy
	for _, policy := range cluster.Policies {
		if policy.Namespace == pod.Namespace && covers(policy, way) && selector(&policy.Spec.PodSelector).Matches(pod.Labels) {
			found = append(found, policy)
		}
	}
	sort.Slice(found, func(i, j int) bool { return found[i].Name < found[j].Name })
	return found
}

// covers tells whether a policy speaks about a direction. Without policyTypes it always does about ingress.
func covers(policy *networkingv1.NetworkPolicy, way direction) bool {
	if len(policy.Spec.PolicyTypes) == 0 {
		return way == ingress || len(policy.Spec.Egress) > 0
	}
	wanted := networkingv1.PolicyTypeIngress
	if way == egress {
		wanted = networkingv1.PolicyTypeEgress
	}
	return slices.Contains(policy.Spec.PolicyTypes, wanted)
}

// rulesOf returns the entries of a policy for a direction.
func (cluster *Cluster) rulesOf(policy *networkingv1.NetworkPolicy, way direction) []rule {
	var rules []rule
	add := func(peers []networkingv1.NetworkPolicyPeer, listed []networkingv1.NetworkPolicyPort) {
		ports, names := portsOf(listed)
		rules = append(rules, rule{cluster.peers(policy.Namespace, peers), ports, names})
	}
	if way == ingress {
		for _, entry := range policy.Spec.Ingress {
			add(entry.From, entry.Ports)
		}
	} else {
		for _, entry := range policy.Spec.Egress {
			add(entry.To, entry.Ports)
		}
	}
	return rules
}

// peers returns the addresses that the peers of a rule stand for. No peers at all means everywhere.
func (cluster *Cluster) peers(namespace string, peers []networkingv1.NetworkPolicyPeer) []span {
	if len(peers) == 0 {
		return []span{everywhere}
	}
	var spans []span
	for _, peer := range peers {
		if peer.IPBlock != nil {
			spans = append(spans, blockSpans(peer.IPBlock)...)
			continue
		}
		for _, pod := range cluster.Pods {
			if cluster.selects(namespace, peer, pod) {
				spans = append(spans, addressSpan(pod.Address))
			}
		}
	}
	return merged(spans)
}

// selects tells whether a peer's selectors mean a pod: by default all pods of the namespaces, and the policy's own namespace.
func (cluster *Cluster) selects(namespace string, peer networkingv1.NetworkPolicyPeer, pod *Pod) bool {
	switch {
	case peer.PodSelector == nil && peer.NamespaceSelector == nil:
		return false
	case peer.NamespaceSelector == nil && pod.Namespace != namespace:
		return false
	case peer.NamespaceSelector != nil && !selector(peer.NamespaceSelector).Matches(cluster.Namespaces[pod.Namespace]):
		return false
	}
	return peer.PodSelector == nil || selector(peer.PodSelector).Matches(pod.Labels)
}

// grants returns what a rule gives to whom, for a pod that the policy is about.
//
// A name of a port means that of the pod which is called. That is the policy's pod itself for ingress, but for egress each of the
// peers, whichever way the rule found it: also a pod in a block of addresses, or anywhere.
func (cluster *Cluster) grants(one rule, subject *Pod, way direction) []grant {
	ports := one.ports
	if way == ingress {
		ports = merged(append(subject.numbersOf(one.names), ports...))
	}
	var grants []grant
	for _, peers := range one.peers {
		grants = append(grants, grant{peers, ports})
	}
	if way == egress && len(one.names) > 0 {
		for _, pod := range cluster.Pods {
			if contains(one.peers, addressNumber(pod.Address)) {
				grants = append(grants, grant{addressSpan(pod.Address), pod.numbersOf(one.names)})
			}
		}
	}
	return grants
}

// selector reads a selector that the API server has found valid; one that is not selects nothing.
func selector(from *metav1.LabelSelector) labels.Selector {
	read, err := metav1.LabelSelectorAsSelector(from)
	if err != nil {
		return labels.Nothing()
	}
	return read
}
