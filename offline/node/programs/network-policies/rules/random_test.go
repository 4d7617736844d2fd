package rules

import (
	"fmt"
	"math/rand"
	"net/netip"

	corev1 "k8s.io/api/core/v1"
	networkingv1 "k8s.io/api/networking/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/intstr"
)

// random makes small clusters in which labels, addresses, blocks and ports meet often, and at their edges.
type random struct{ *rand.Rand }

func pick[T any](random random, from ...T) T { return from[random.Intn(len(from))] }

func several[T any](random random, most int, make func() T) []T {
	var made []T
	for range random.Intn(most + 1) {
		made = append(made, make())
	}
	return made
}

func (random random) labels() map[string]string {
	made := map[string]string{}
	for _, key := range []string{"a", "b", "c"} {
		if random.Float64() < 0.7 {
			made[key] = pick(random, "p", "q")
		}
	}
	return made
}

func (random random) selector() *metav1.LabelSelector {
	made := &metav1.LabelSelector{}
	if random.Float64() < 0.5 {
		made.MatchLabels = map[string]string{pick(random, "a", "b", "c"): pick(random, "p", "q")}
	}
	if random.Float64() < 0.3 {
		made.MatchExpressions = []metav1.LabelSelectorRequirement{pick(random,
			metav1.LabelSelectorRequirement{Key: "a", Operator: metav1.LabelSelectorOpExists},
			metav1.LabelSelectorRequirement{Key: "b", Operator: metav1.LabelSelectorOpDoesNotExist},
			metav1.LabelSelectorRequirement{Key: "c", Operator: metav1.LabelSelectorOpIn, Values: []string{"p"}},
			metav1.LabelSelectorRequirement{Key: "a", Operator: metav1.LabelSelectorOpNotIn, Values: []string{"p"}},
		)}
	}
	return made
}

func (random random) block() *networkingv1.IPBlock {
	if random.Float64() < 0.15 {
		some := []string{"10.0.0.0/8", "10.244.0.0/24", "192.168.0.0/16", "128.0.0.0/1", "255.255.255.255/32"}
		return &networkingv1.IPBlock{CIDR: "0.0.0.0/0", Except: several(random, 2, func() string { return pick(random, some...) })}
	}
	inside := func(bits int) string {
		address := netip.AddrFrom4([4]byte{10, 244, byte(random.Intn(2)), byte(random.Intn(16))})
		return netip.PrefixFrom(address, bits).Masked().String()
	}
	bits := pick(random, 24, 27, 28, 30, 31, 32)
	smaller := func() string { return inside(min(32, bits+1+random.Intn(6))) }
	return &networkingv1.IPBlock{CIDR: inside(bits), Except: several(random, 2, smaller)}
}

func (random random) peer() networkingv1.NetworkPolicyPeer {
	switch chance := random.Float64(); {
	case chance < 0.35:
		return networkingv1.NetworkPolicyPeer{IPBlock: random.block()}
	case chance < 0.6:
		return networkingv1.NetworkPolicyPeer{PodSelector: random.selector()}
	case chance < 0.8:
		return networkingv1.NetworkPolicyPeer{NamespaceSelector: random.selector()}
	}
	return networkingv1.NetworkPolicyPeer{PodSelector: random.selector(), NamespaceSelector: random.selector()}
}

func (random random) port() networkingv1.NetworkPolicyPort {
	made := networkingv1.NetworkPolicyPort{Protocol: pick(random, nil, protocol("TCP"), protocol("UDP"), protocol("SCTP"))}
	switch chance := random.Float64(); {
	case chance < 0.15:
	case chance < 0.4:
		made.Port = &intstr.IntOrString{Type: intstr.String, StrVal: pick(random, "web", "other")}
	default:
		first := pick[int32](random, 1, 79, 80, 81, 82, 65534, 65535)
		made.Port = &intstr.IntOrString{IntVal: first}
		if last := min(65535, first+random.Int31n(4)); random.Float64() < 0.4 {
			made.EndPort = &last
		}
	}
	return made
}

func protocol(name corev1.Protocol) *corev1.Protocol { return &name }

func (random random) policy(name, namespace string) *networkingv1.NetworkPolicy {
	made := &networkingv1.NetworkPolicy{ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: namespace}}
	made.Spec.PodSelector = *random.selector()
	in, out := networkingv1.PolicyTypeIngress, networkingv1.PolicyTypeEgress
	type types = []networkingv1.PolicyType
	made.Spec.PolicyTypes = pick(random, nil, types{in}, types{out}, types{in, out})
	made.Spec.Ingress = several(random, 2, func() networkingv1.NetworkPolicyIngressRule {
		return networkingv1.NetworkPolicyIngressRule{From: several(random, 3, random.peer), Ports: several(random, 3, random.port)}
	})
	made.Spec.Egress = several(random, 2, func() networkingv1.NetworkPolicyEgressRule {
		return networkingv1.NetworkPolicyEgressRule{To: several(random, 3, random.peer), Ports: several(random, 3, random.port)}
	})
	return made
}

// cluster has twelve pods in three namespaces on nodes `node-0` and `node-1`, and up to seven policies.
func (random random) cluster() *Cluster {
	made := &Cluster{Namespaces: map[string]labels.Set{}}
	namespaces := []string{"red", "green", "blue"}
	for _, name := range namespaces {
		made.Namespaces[name] = random.labels()
	}
	for number, last := range random.Perm(16)[:12] {
		node := random.Intn(2)
		web := NamedPort{"web", 6, pick[uint16](random, 79, 80, 81)}
		other := NamedPort{"other", pick[Protocol](random, 6, 17), pick[uint16](random, 80, 82)}
		made.Pods = append(made.Pods, &Pod{
			Namespace: pick(random, namespaces...),
			Name:      fmt.Sprint("pod-", number),
			Node:      fmt.Sprint("node-", node),
			Labels:    random.labels(),
			Address:   netip.AddrFrom4([4]byte{10, 244, byte(node), byte(last)}),
			Ports:     []NamedPort{web, other}[:1+random.Intn(2)],
		})
	}
	// Names are unique in a namespace only.
	numbers := map[string]int{}
	for range 1 + random.Intn(7) {
		namespace := pick(random, namespaces...)
		numbers[namespace]++
		made.Policies = append(made.Policies, random.policy(fmt.Sprint("policy-", numbers[namespace]), namespace))
	}
	return made
}
