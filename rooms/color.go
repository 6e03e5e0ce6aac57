package rooms

import (
	"crypto/rand"
	"encoding/binary"
	"fmt"
	"math"
	"strconv"
)

// Color identifies a member within a room, and paints the member's name: "#rrggbb" in
// lower case.
type Color string

// An assigned colour has enough contrast for text on the light page, #fbfaf8:
// https://www.w3.org/TR/WCAG22/#contrast-minimum. No colour is legible on both a light
// and a dark page; on the dark page the stylesheet lightens it (--visitor-lift in
// public/css/base.css).
const (
	minContrast = 4.5
	lightPage   = 0.95657755 // luminance
)

// rgb returns the value of c, or false if c is not a colour.
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

// wantedColor returns the wanted colour if it is valid, and a random one otherwise.
func wantedColor(wanted Color) Color {
	if _, ok := wanted.rgb(); ok {
		return wanted
	}
	return randomColor()
}

// randomColor returns a random legible colour. A third of all colours are legible.
func randomColor() Color {
	for {
		var b [4]byte
		rand.Read(b[:3])
		if rgb := binary.LittleEndian.Uint32(b[:]); legible(rgb) {
			return colorOf(rgb)
		}
	}
}

// legible reports whether text in this colour has enough contrast on the light page and
// does not look black.
func legible(rgb uint32) bool {
	l := luminance(rgb)
	return (lightPage+0.05)/(l+0.05) >= minContrast && l >= 0.02
}

// luminance returns the relative luminance: https://www.w3.org/TR/WCAG22/#dfn-relative-luminance.
func luminance(rgb uint32) float64 {
	return 0.2126*linear(rgb>>16) + 0.7152*linear(rgb>>8) + 0.0722*linear(rgb)
}

// linear returns the linear value of a channel, which is the lowest eight bits of its
// argument.
func linear(channel uint32) float64 {
	c := float64(channel&0xff) / 255
	if c <= 0.04045 {
		return c / 12.92
	}
	return math.Pow((c+0.055)/1.055, 2.4)
}
