package rooms

import (
	"crypto/rand"
	"encoding/hex"
	"fmt"
	"math"
	"strconv"
)

// Color is a visitor's name and paint towards others: "#rrggbb", lower case.
type Color string

// A colour that is assigned is one that a name can be written in on the light
// page, #fbfaf8: https://www.w3.org/TR/WCAG22/#contrast-minimum. No colour can
// be read on a light and on a dark page alike; on the dark one the stylesheet
// lifts it (--visitor-lift in public/css/base.css).
const (
	minContrast = 4.5
	lightPage   = 0.95657755 // its luminance
)

// paletteStep is the golden section of all colours. Being odd it leads through
// each of them once, and neighbours on the walk look different.
const paletteStep = 0x9e3779

const colors = 1 << 24

// rgb returns the number behind c, or false if c is not a colour.
func (c Color) rgb() (uint32, bool) {
	if len(c) != 7 || c[0] != '#' {
		return 0, false
	}
	n, err := strconv.ParseUint(string(c[1:]), 16, 24)
	if err != nil || c != colorOf(uint32(n)) { // upper case, "+", "_"
		return 0, false
	}
	return uint32(n), true
}

func colorOf(rgb uint32) Color { return Color(fmt.Sprintf("#%06x", rgb)) }

func randomColor() Color {
	var b [3]byte
	rand.Read(b[:])
	return Color("#" + hex.EncodeToString(b[:]))
}

// freeColor returns the wanted colour if it is one and nobody has it, else the
// first legible free one on a walk that begins there. It is the same for the
// same arguments.
func freeColor(wanted Color, taken []Color) Color {
	used := make(map[uint32]bool, len(taken))
	for _, c := range taken {
		if n, ok := c.rgb(); ok {
			used[n] = true
		}
	}
	n, ok := wanted.rgb()
	if ok && !used[n] {
		return wanted
	}
	for range colors {
		n = (n + paletteStep) % colors
		if !used[n] && legible(n) {
			return colorOf(n)
		}
	}
	return wanted // there are more members than colours
}

// legible tells whether text in this colour can be read on the light page, and
// is not so dark that it looks black.
func legible(rgb uint32) bool {
	l := luminance(rgb)
	return (lightPage+0.05)/(l+0.05) >= minContrast && l >= 0.02
}

// luminance is https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
func luminance(rgb uint32) float64 {
	return 0.2126*linear(rgb>>16) + 0.7152*linear(rgb>>8) + 0.0722*linear(rgb)
}

// linear returns the light of a channel, the lowest eight bits of its argument.
func linear(channel uint32) float64 {
	c := float64(channel&0xff) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
