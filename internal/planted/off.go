//go:build !planted

package planted

// Built reports whether this program has the mistakes in it.
const Built = false

// On is false: this program has none of them.
func On(Bug) bool { return false }

// Coin is false too.
func Coin() bool { return false }
