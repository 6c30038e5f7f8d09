package krakend

// idents makes Kraken's identifiers: OXXXXX-XXXXX-XXXXXX for orders, T… for trades and
// amends, L… for ledger rows. The same seed gives the same ones in the same order, and
// none comes twice.
type idents struct{ seed, n uint64 }

const identLetters = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"

// mix is splitmix64's finisher: a bijection of 64 bits.
func mix(x uint64) uint64 {
	x ^= x >> 30
	x *= 0xbf58476d1ce4e5b9
	x ^= x >> 27
	x *= 0x94d049bb133111eb
	return x ^ x>>31
}

// next is a new identifier that begins with kind.
func (g *idents) next(kind byte) string {
	g.n++
	a := mix(g.seed + g.n*0x9e3779b97f4a7c15)
	b := mix(a)
	id := []byte("??????-?????-??????")
	id[0] = kind
	left := 64
	for i := 1; i < len(id); i++ {
		if id[i] == '-' {
			continue
		}
		if left <= 0 {
			a, left = b, 64
		}
		id[i] = identLetters[a&31]
		a >>= 5
		left -= 5
	}
	return string(id)
}

// plain is a new token of letters and digits.
func (g *idents) plain(length int) string {
	out := make([]byte, length)
	var bits uint64
	for i := range out {
		if i%12 == 0 {
			g.n++
			bits = mix(g.seed ^ g.n*0x9e3779b97f4a7c15)
		}
		out[i] = identLetters[bits&31]
		bits >>= 5
	}
	return string(out)
}
