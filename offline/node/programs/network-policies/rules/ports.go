package rules

import (
	"fmt"
	"strings"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Protocol is the number of a protocol in the header of a packet.
type Protocol uint8

// portSet holds ports as merged spans of protocol * 65536 + port.
type portSet []span

const portsOfProtocol = 1 << 16

// Everything there is, with protocols that have no ports, such as ICMP.
var everyPort = portSet{{0, 256 * portsOfProtocol}}

// ProtocolOf returns the number of a protocol that Services and policies can name.
func ProtocolOf(name corev1.Protocol) (Protocol, bool) {
	switch name {
	case corev1.ProtocolTCP, "":
		return 6, true
	case corev1.ProtocolUDP:
		return 17, true
	case corev1.ProtocolSCTP:
		return 132, true
	}
	return 0, false
}

func portSpan(protocol Protocol, first, last int32) span {
	base := uint64(protocol) * portsOfProtocol
	return span{base + uint64(first), base + uint64(last) + 1}
}

// isEvery tells whether the set lets pass whatever comes.
func (set portSet) isEvery() bool { return len(set) == 1 && set[0] == everyPort[0] }

// elements returns the set as nft writes it: protocol, and port or range of ports.
func (set portSet) elements() string {
	var elements []string
	for _, one := range set {
		first, last := one.from%portsOfProtocol, (one.to-1)%portsOfProtocol
		element := fmt.Sprintf("%d . %d", one.from/portsOfProtocol, first)
		if last != first {
			element += fmt.Sprintf("-%d", last)
		}
		elements = append(elements, element)
	}
	return strings.Join(elements, ", ")
}

// portName is a port that a rule calls by its name; which number that is depends on the pod that is called.
type portName struct {
	name     string
	protocol Protocol
}

// portsOf splits the ports of a rule into those with numbers and those with names. No ports at all means every port.
func portsOf(listed []networkingv1.NetworkPolicyPort) (portSet, []portName) {
	if len(listed) == 0 {
		return everyPort, nil
	}
	var numbered []span
	var named []portName
	for _, port := range listed {
		wanted := corev1.ProtocolTCP
		if port.Protocol != nil {
			wanted = *port.Protocol
		}
		protocol, known := ProtocolOf(wanted)
		switch {
		case !known:
		case port.Port == nil:
			numbered = append(numbered, portSpan(protocol, 0, portsOfProtocol-1))
		case port.Port.Type == intstr.String:
			named = append(named, portName{port.Port.StrVal, protocol})
		case port.EndPort != nil:
			numbered = append(numbered, portSpan(protocol, port.Port.IntVal, *port.EndPort))
		default:
			numbered = append(numbered, portSpan(protocol, port.Port.IntVal, port.Port.IntVal))
		}
	}
	return merged(numbered), named
}

// numbersOf returns what the names stand for at a pod. Name and protocol must both agree.
func (pod *Pod) numbersOf(names []portName) portSet {
	var found []span
	for _, wanted := range names {
		for _, port := range pod.Ports {
			if port.Name == wanted.name && port.Protocol == wanted.protocol {
				found = append(found, portSpan(port.Protocol, int32(port.Number), int32(port.Number)))
			}
		}
	}
	return merged(found)
}
