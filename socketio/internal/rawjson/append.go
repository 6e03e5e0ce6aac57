package rawjson

import (
	"math"
	"strconv"
)

// AppendFloat appends a number as JSON.stringify writes it, except that it keeps
// the sign of -0.
func AppendFloat(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, "null"...)
	}
	format := byte('f')
	if size := math.Abs(f); size != 0 && (size < 1e-6 || size >= 1e21) {
		format = 'e'
	}
	dst = strconv.AppendFloat(dst, f, format, -1, 64)
	if n := len(dst); format == 'e' && dst[n-3] == '-' && dst[n-2] == '0' { // strconv writes 1e-07
		dst = append(dst[:n-2], dst[n-1])
	}
	return dst
}

// AppendString appends valid UTF-8 as a JSON string.
func AppendString(dst, s []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range s {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c < ' ':
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&0x0f])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
