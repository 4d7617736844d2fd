package rules

import (
	"fmt"
	"sort"
	"strings"

	networkingv1 "k8s.io/api/networking/v1"
)

// Name is the name of the table in nftables. The node itself makes it when it starts, closed for all pods.
const Name = "network-policies"

// What every forwarded packet meets. Addresses are those of pods, because Services are resolved before; what a node and its own pods say
// to each other, such as probes of the kubelet, is not forwarded and so never filtered. A pod that is not known yet stays closed.
// Packets are dropped, not refused: a client that is not known yet at the other node tries again, and is then.
const forward = `	chain forward {
		type filter hook forward priority filter - 10; policy accept;
		ct state established,related accept
		ip saddr . ip daddr @itself accept
		iifname "veth*" ip saddr != @known drop
		oifname "veth*" ip daddr != @known drop
		ip saddr vmap @egress
		ip daddr vmap @ingress
	}
`

// Table returns the script with which nft replaces the table in one step, so that there is no moment without it.
//
// A packet to or from a pod with policies jumps to the chain of its direction, which looks the other address up in one map and goes on to
// a look-up of the port. Pods with the same policies share chains.
func Table(cluster *Cluster) string {
	table := builder{cluster: cluster, names: map[string]string{}, chains: map[string]string{}}
	var known, itself, in, out []string
	for _, pod := range cluster.here() {
		address := pod.Address.String()
		known = append(known, address)
		itself = append(itself, address+" . "+address)
		if policies := cluster.policiesOf(pod, egress); len(policies) > 0 {
			out = append(out, address+" : jump "+table.podChain(pod, policies, egress))
		}
		if policies := cluster.policiesOf(pod, ingress); len(policies) > 0 {
			in = append(in, address+" : jump "+table.podChain(pod, policies, ingress))
		}
	}
	sets := elements("set known", "ipv4_addr", known) +
		elements("set itself", "ipv4_addr . ipv4_addr", itself) +
		elements("map egress", "ipv4_addr : verdict", out) +
		elements("map ingress", "ipv4_addr : verdict", in)
	return fmt.Sprintf("add table ip %[1]s\ndelete table ip %[1]s\ntable ip %[1]s {\n%[2]s}\n", Name, table.text.String()+sets+forward)
}

// here returns the pods of the node, by address. A node filters what its own pods send and receive.
func (cluster *Cluster) here() []*Pod {
	var pods []*Pod
	for _, pod := range cluster.Pods {
		if pod.Node == cluster.Node {
			pods = append(pods, pod)
		}
	}
	sort.Slice(pods, func(i, j int) bool { return pods[i].Address.Less(pods[j].Address) })
	return pods
}

func elements(what, kind string, listed []string) string {
	if len(listed) == 0 {
		return fmt.Sprintf("\t%s { type %s; }\n", what, kind)
	}
	return fmt.Sprintf("\t%s { type %s; elements = { %s }; }\n", what, kind, strings.Join(listed, ", "))
}

// builder writes chains, each content once.
type builder struct {
	cluster *Cluster
	text    strings.Builder
	names   map[string]string // kind and content of a chain -> its name
	chains  map[string]string // policies, direction and names of ports -> name of the chain that holds them
}

// podChain returns the name of the chain for traffic of a pod with the given policies: what any of them allows.
func (table *builder) podChain(pod *Pod, policies []*networkingv1.NetworkPolicy, way direction) string {
	key := fmt.Sprint(way, pod.Namespace)
	for _, policy := range policies {
		key += "/" + policy.Name
	}
	if way == ingress {
		key += fmt.Sprint(pod.Ports)
	}
	if name, ok := table.chains[key]; ok {
		return name
	}
	var grants []grant
	for _, policy := range policies {
		for _, one := range table.cluster.rulesOf(policy, way) {
			grants = append(grants, table.cluster.grants(one, pod, way)...)
		}
	}
	table.chains[key] = table.chain(string(way), table.lookUp(disjoint(grants), way)+"\t\tdrop\n")
	return table.chains[key]
}

// lookUp returns the line of a chain that lets the other address decide.
func (table *builder) lookUp(grants []grant, way direction) string {
	if len(grants) == 0 {
		return ""
	}
	other := "saddr"
	if way == egress {
		other = "daddr"
	}
	var places []string
	for _, one := range grants {
		place := addressOf(one.peers.from).String()
		if one.peers.to-one.peers.from > 1 {
			place += "-" + addressOf(one.peers.to-1).String()
		}
		places = append(places, place+" : "+table.verdict(one.ports))
	}
	return fmt.Sprintf("\t\tip %s vmap { %s }\n", other, strings.Join(places, ", "))
}

func (table *builder) verdict(ports portSet) string {
	if ports.isEvery() {
		return "return"
	}
	return "goto " + table.chain("ports", fmt.Sprintf("\t\tmeta l4proto . th dport { %s } return\n\t\tdrop\n", ports.elements()))
}

// chain returns the name of a chain with this content, and writes it if there is none yet.
func (table *builder) chain(kind, content string) string {
	if name, ok := table.names[kind+content]; ok {
		return name
	}
	name := fmt.Sprintf("%s-%d", kind, len(table.names)+1)
	table.names[kind+content] = name
	fmt.Fprintf(&table.text, "\tchain %s {\n%s\t}\n", name, content)
	return name
}
