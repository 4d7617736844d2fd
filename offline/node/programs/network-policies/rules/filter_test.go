package rules

import (
	"net/netip"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// filter is a table read back from its text, to be walked as the kernel does.
type filter struct {
	t      *testing.T
	chains map[string][]string
	maps   map[string]map[string]string
}

func readTable(t *testing.T, text string) filter {
	read := filter{t, map[string][]string{}, map[string]map[string]string{}}
	for _, chain := range regexp.MustCompile(`(?s)\tchain (\S+) \{\n(.*?)\t\}`).FindAllStringSubmatch(text, -1) {
		read.chains[chain[1]] = strings.Split(strings.TrimSpace(chain[2]), "\n\t\t")
	}
	sets := regexp.MustCompile(`\t(?:set|map) (\S+) \{ type [^;]*; (?:elements = \{ (.*?) \}; )?\}`)
	for _, set := range sets.FindAllStringSubmatch(text, -1) {
		read.maps[set[1]] = map[string]string{}
		for _, element := range strings.Split(set[2], ", ") {
			key, verdict, _ := strings.Cut(element, " : ")
			read.maps[set[1]][key] = verdict
		}
	}
	return read
}

// passes tells whether the node forwards a packet that comes from or goes to one of its pods.
func (read filter) passes(sent packet, fromHere, toHere bool) bool {
	from, to := sent.from.address.String(), sent.to.address.String()
	if _, itself := read.maps["itself"][from+" . "+to]; itself {
		return true
	}
	for _, end := range []struct {
		here    bool
		address string
		way     string
		other   netip.Addr
	}{{fromHere, from, "egress", sent.to.address}, {toHere, to, "ingress", sent.from.address}} {
		if _, known := read.maps["known"][end.address]; end.here && !known {
			return false
		}
		if verdict, found := read.maps[end.way][end.address]; found && !read.returns(strings.TrimPrefix(verdict, "jump "), end.other, sent) {
			return false
		}
	}
	return true
}

// returns tells whether a chain lets a packet go on, rather than dropping it.
func (read filter) returns(chain string, other netip.Addr, sent packet) bool {
	for _, line := range read.chains[chain] {
		if line == "drop" {
			return false
		}
		condition, places, _ := strings.Cut(strings.Split(line, " }")[0], " { ")
		switch condition {
		case "ip saddr vmap", "ip daddr vmap":
			switch verdict := read.place(places, other); {
			case verdict == "return":
				return true
			case verdict != "":
				return read.returns(strings.TrimPrefix(verdict, "goto "), other, sent)
			}
		case "meta l4proto . th dport":
			if hasPort(places, sent) {
				return true
			}
		default:
			read.t.Fatalf("chain %s has a line that this test does not know: %s", chain, line)
		}
	}
	read.t.Fatalf("chain %s does not end with drop", chain)
	return false
}

func (read filter) place(places string, address netip.Addr) string {
	var found []string
	for _, place := range strings.Split(places, ", ") {
		addresses, verdict, _ := strings.Cut(place, " : ")
		first, last, isRange := strings.Cut(addresses, "-")
		if !isRange {
			last = first
		}
		if address.Compare(netip.MustParseAddr(first)) >= 0 && address.Compare(netip.MustParseAddr(last)) <= 0 {
			found = append(found, verdict)
		}
	}
	switch len(found) {
	case 0:
		return ""
	case 1:
		return found[0]
	}
	read.t.Fatalf("%s has %d places in %s", address, len(found), places)
	return ""
}

func hasPort(elements string, sent packet) bool {
	for _, element := range strings.Split(elements, ", ") {
		protocol, ports, _ := strings.Cut(element, " . ")
		first, last, isRange := strings.Cut(ports, "-")
		if !isRange {
			last = first
		}
		lowest, _ := strconv.Atoi(first)
		highest, _ := strconv.Atoi(last)
		if protocol == strconv.Itoa(int(sent.protocol)) && lowest <= int(sent.port) && int(sent.port) <= highest {
			return true
		}
	}
	return false
}
