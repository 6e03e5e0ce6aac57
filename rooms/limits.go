package rooms

import "gifchat/rooms/gif"

// The longest texts that a room accepts, in characters.
const (
	MaxText        = maxText // of a message
	MaxDescription = maxAlt  // of a GIF
)

// GIFLimits returns the limits of the GIFs that a room accepts.
func GIFLimits() gif.Limits { return gif.DefaultLimits() }
