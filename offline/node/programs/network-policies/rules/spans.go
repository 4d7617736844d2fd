package rules

import (
	"encoding/binary"
	"net/netip"
	"sort"

	networkingv1 "k8s.io/api/networking/v1"
)

// span is a range of numbers, of addresses or of ports, from the first up to the one after the last.
type span struct{ from, to uint64 }

var everywhere = span{0, 1 << 32}

// merged returns the same numbers as ascending spans that neither overlap nor touch.
func merged(spans []span) []span {
	sorted := append([]span(nil), spans...)
	sort.Slice(sorted, func(i, j int) bool { return sorted[i].from < sorted[j].from })
	var result []span
	for _, next := range sorted {
		if last := len(result) - 1; last >= 0 && next.from <= result[last].to {
			result[last].to = max(result[last].to, next.to)
		} else {
			result = append(result, next)
		}
	}
	return result
}

// without returns what is left of a span when the holes are taken out of it.
func without(whole span, holes []span) []span {
	var result []span
	at := whole.from
	for _, hole := range merged(holes) {
		if at < min(hole.from, whole.to) {
			result = append(result, span{at, min(hole.from, whole.to)})
		}
		at = max(at, hole.to)
	}
	if at < whole.to {
		result = append(result, span{at, whole.to})
	}
	return result
}

func contains(spans []span, number uint64) bool {
	for _, one := range spans {
		if one.from <= number && number < one.to {
			return true
		}
	}
	return false
}

func addressNumber(address netip.Addr) uint64 {
	bytes := address.As4()
	return uint64(binary.BigEndian.Uint32(bytes[:]))
}

func addressOf(number uint64) netip.Addr {
	var bytes [4]byte
	binary.BigEndian.PutUint32(bytes[:], uint32(number))
	return netip.AddrFrom4(bytes)
}

func addressSpan(address netip.Addr) span {
	number := addressNumber(address)
	return span{number, number + 1}
}

// blockSpans returns the addresses of an ipBlock: its network less the exceptions. IPv6 has no part in this pod network.
func blockSpans(block *networkingv1.IPBlock) []span {
	whole, ok := networkSpan(block.CIDR)
	if !ok {
		return nil
	}
	var holes []span
	for _, except := range block.Except {
		if hole, ok := networkSpan(except); ok {
			holes = append(holes, hole)
		}
	}
	return without(whole, holes)
}

func networkSpan(cidr string) (span, bool) {
	prefix, err := netip.ParsePrefix(cidr)
	if err != nil || !prefix.Addr().Is4() {
		return span{}, false
	}
	first := addressNumber(prefix.Masked().Addr())
	return span{first, first + 1<<(32-prefix.Bits())}, true
}
