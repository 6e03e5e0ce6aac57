//go:build long

package store_test

import "testing"

// TestAFlippedBitIsFound_in_every_page flips some 500 bits, with SOAK=1 some 10,000.
func TestAFlippedBitIsFound_in_every_page(t *testing.T) { flipBits(t, sized(241, 11)) }
