// Package spelling compares words, so that an error can name the one that was meant.
package spelling

// Distance is how many letters must be changed, added, left out or swapped with their
// neighbour to make b of a (optimal string alignment). Letters are bytes.
func Distance(a, b string) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			substituted := last[j-1]
			if a[i-1] != b[j-1] {
				substituted++
			}
			row[j] = min(last[j]+1, row[j-1]+1, substituted)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
