//go:build long

package inspect_test

import "testing"

// This test flips some 500 bits, with SOAK=1 some 10,000.
func TestDatabase_finds_a_flipped_bit_in_every_page(t *testing.T) { flipBits(t, sized(241, 11)) }
