package session

import (
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"math"

	"gifchat/rooms"
)

const (
	// minContrast is the contrast that WCAG requires for text: pages write a
	// visitor's name in the colour.
	minContrast = 4.5

	// lightPage is the luminance of the light page, #fbfaf8. On the dark page the
	// stylesheet lightens the colours.
	lightPage = 0.95657755
)

// colorOf hashes an id to a colour as the color-hash library does: hue first, then
// saturation and lightness, each one of three values. Then it darkens the colour
// until it is readable on the light page. (60 % of the colours of color-hash are not
// readable on white.)
func colorOf(id string) rooms.Color {
	sum := sha256.Sum256([]byte(id))
	hash := binary.BigEndian.Uint64(sum[:8])
	steps := [...]float64{0.35, 0.5, 0.65}

	hue := float64(hash % 359)
	hash /= 360
	saturation := steps[hash%3]
	hash /= 3
	lightness := steps[hash%3]

	for {
		r, g, b := hslToRGB(hue, saturation, lightness)
		if contrastOnPage(r, g, b) >= minContrast {
			return rooms.Color(fmt.Sprintf("#%02x%02x%02x", r, g, b))
		}
		lightness -= 0.02
	}
}

// hslToRGB converts as https://www.w3.org/TR/css-color-4/#hsl-to-rgb describes.
func hslToRGB(hue, saturation, lightness float64) (r, g, b uint8) {
	a := saturation * min(lightness, 1-lightness)
	channel := func(n float64) uint8 {
		k := math.Mod(n+hue/30, 12)
		v := lightness - a*max(-1, min(k-3, 9-k, 1))
		return uint8(math.Round(v * 255))
	}
	return channel(0), channel(8), channel(4)
}

// contrastOnPage returns the contrast ratio with the light page:
// https://www.w3.org/TR/WCAG22/#dfn-contrast-ratio
func contrastOnPage(r, g, b uint8) float64 {
	linear := func(c uint8) float64 {
		v := float64(c) / 255
		if v <= 0.04045 {
			return v / 12.92
		}
		return math.Pow((v+0.055)/1.055, 2.4)
	}
	luminance := 0.2126*linear(r) + 0.7152*linear(g) + 0.0722*linear(b)
	return (lightPage + 0.05) / (luminance + 0.05)
}
