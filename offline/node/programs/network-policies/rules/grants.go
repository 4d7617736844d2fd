package rules

import (
	"fmt"
	"sort"
)

// grant lets the addresses of a span use a set of ports.
type grant struct {
	peers span
	ports portSet
}

// disjoint turns grants into ascending ones whose addresses do not overlap, each with every port that any grant gives to them: the
// kernel refuses a map in which an address has two places.
func disjoint(grants []grant) []grant {
	type edge struct {
		at     uint64
		ports  portSet
		change int
	}
	var edges []edge
	for _, one := range grants {
		if len(one.ports) > 0 {
			edges = append(edges, edge{one.peers.from, one.ports, +1}, edge{one.peers.to, one.ports, -1})
		}
	}
	sort.Slice(edges, func(i, j int) bool { return edges[i].at < edges[j].at })

	open := openSets{}
	var result []grant
	for i, one := range edges {
		open.change(one.ports, one.change)
		if i+1 == len(edges) || edges[i+1].at == one.at {
			continue
		}
		if ports := open.union(); len(ports) > 0 {
			result = extended(result, grant{span{one.at, edges[i+1].at}, ports})
		}
	}
	return result
}

// extended appends a grant, or lengthens the last one where that says the same.
func extended(grants []grant, next grant) []grant {
	if last := len(grants) - 1; last >= 0 && grants[last].peers.to == next.peers.from && grants[last].ports.key() == next.ports.key() {
		grants[last].peers.to = next.peers.to
		return grants
	}
	return append(grants, next)
}

// openSets counts the sets of ports that hold at the place which the walk along the addresses has reached.
type openSets map[string]*counted

type counted struct {
	ports portSet
	count int
}

func (set portSet) key() string { return fmt.Sprint([]span(set)) }

func (open openSets) change(ports portSet, by int) {
	key := ports.key()
	if open[key] == nil {
		open[key] = &counted{ports: ports}
	}
	open[key].count += by
	if open[key].count == 0 {
		delete(open, key)
	}
}

func (open openSets) union() portSet {
	var all []span
	for _, one := range open {
		all = append(all, one.ports...)
	}
	return merged(all)
}
