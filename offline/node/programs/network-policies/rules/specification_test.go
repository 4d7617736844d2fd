package rules

import (
	"net/netip"
	"slices"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// packet is the first one of a connection. Of an end that is no pod, only the address is known.
type packet struct {
	from, to end
	protocol Protocol
	port     int32
}

type end struct {
	address netip.Addr
	pod     *Pod
}

// allowed answers for one packet, straight from the definition of NetworkPolicy and without any of the code that writes tables.
func (cluster *Cluster) allowed(sent packet) bool {
	if sent.from == sent.to {
		return true
	}
	return cluster.allowedBy(sent.from, sent.to, sent, networkingv1.PolicyTypeEgress) &&
		cluster.allowedBy(sent.to, sent.from, sent, networkingv1.PolicyTypeIngress)
}

func (cluster *Cluster) allowedBy(own, other end, sent packet, way networkingv1.PolicyType) bool {
	if own.pod == nil {
		return true
	}
	isolated := false
	for _, policy := range cluster.Policies {
		spec := policy.Spec
		types := spec.PolicyTypes
		if len(types) == 0 {
			types = []networkingv1.PolicyType{networkingv1.PolicyTypeIngress}
			if len(spec.Egress) > 0 {
				types = append(types, networkingv1.PolicyTypeEgress)
			}
		}
		selected := policy.Namespace == own.pod.Namespace && selector(&spec.PodSelector).Matches(own.pod.Labels)
		if !selected || !slices.Contains(types, way) {
			continue
		}
		isolated = true
		if way == networkingv1.PolicyTypeIngress {
			for _, entry := range spec.Ingress {
				if cluster.admitsPeer(own.pod.Namespace, entry.From, other) && admitsPort(entry.Ports, sent) {
					return true
				}
			}
		} else {
			for _, entry := range spec.Egress {
				if cluster.admitsPeer(own.pod.Namespace, entry.To, other) && admitsPort(entry.Ports, sent) {
					return true
				}
			}
		}
	}
	return !isolated
}

func (cluster *Cluster) admitsPeer(namespace string, peers []networkingv1.NetworkPolicyPeer, other end) bool {
	return len(peers) == 0 || slices.ContainsFunc(peers, func(peer networkingv1.NetworkPolicyPeer) bool {
		if peer.IPBlock != nil {
			excepted := slices.ContainsFunc(peer.IPBlock.Except, func(cidr string) bool { return within(cidr, other) })
			return within(peer.IPBlock.CIDR, other) && !excepted
		}
		if other.pod == nil {
			return false
		}
		if peer.NamespaceSelector == nil && other.pod.Namespace != namespace {
			return false
		}
		if peer.NamespaceSelector != nil && !selector(peer.NamespaceSelector).Matches(cluster.Namespaces[other.pod.Namespace]) {
			return false
		}
		return peer.PodSelector == nil || selector(peer.PodSelector).Matches(other.pod.Labels)
	})
}

func within(cidr string, other end) bool { return netip.MustParsePrefix(cidr).Contains(other.address) }

func admitsPort(ports []networkingv1.NetworkPolicyPort, sent packet) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(port networkingv1.NetworkPolicyPort) bool {
		name := corev1.ProtocolTCP
		if port.Protocol != nil {
			name = *port.Protocol
		}
		if protocol, _ := ProtocolOf(name); protocol != sent.protocol {
			return false
		}
		switch {
		case port.Port == nil:
			return true
		case port.Port.Type == intstr.String:
			return sent.to.pod != nil &&
				slices.Contains(sent.to.pod.Ports, NamedPort{port.Port.StrVal, sent.protocol, uint16(sent.port)})
		case port.EndPort != nil:
			return port.Port.IntVal <= sent.port && sent.port <= *port.EndPort
		}
		return port.Port.IntVal == sent.port
	})
}
