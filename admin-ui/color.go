package adminui

import (
	"fmt"
	"math"
	"strconv"
)

// defaultAccent is the accent colour of a host that gives none.
const defaultAccent = "#2b57d0"

// textContrast is the least contrast of text to what is behind it: WCAG 2.2,
// 1.4.3 (AA).
const textContrast = 4.5

// A color is red, green and blue, each from 0 to 255.
type color [3]uint8

var (
	black = color{0, 0, 0}
	white = color{255, 255, 255}
)

// parseColor reads #rgb or #rrggbb.
func parseColor(s string) (color, bool) {
	if len(s) == len("#rgb") {
		s = string([]byte{s[0], s[1], s[1], s[2], s[2], s[3], s[3]})
	}
	if len(s) != len("#rrggbb") || s[0] != '#' || s[1] == '+' || s[1] == '-' {
		return color{}, false
	}
	n, err := strconv.ParseUint(s[1:], 16, 24)
	if err != nil {
		return color{}, false
	}
	return color{uint8(n >> 16), uint8(n >> 8), uint8(n)}, true
}

func (c color) String() string { return fmt.Sprintf("#%02x%02x%02x", c[0], c[1], c[2]) }

// luminance is the relative luminance, from 0 to 1, as WCAG 2.2 defines it.
func (c color) luminance() float64 {
	var linear [3]float64
	for i, channel := range c {
		v := float64(channel) / 255
		if v <= 0.04045 {
			linear[i] = v / 12.92
		} else {
			linear[i] = math.Pow((v+0.055)/1.055, 2.4)
		}
	}
	return 0.2126*linear[0] + 0.7152*linear[1] + 0.0722*linear[2]
}

// contrast is the contrast ratio of two colours, from 1 to 21.
func contrast(a, b color) float64 {
	la, lb := a.luminance(), b.luminance()
	return (max(la, lb) + 0.05) / (min(la, lb) + 0.05)
}

// ink is what text on the colour is written in: black or white, whichever can
// be read better.
func (c color) ink() color {
	if contrast(c, white) >= contrast(c, black) {
		return white
	}
	return black
}

// opposite is white for black, and black for all else.
func (c color) opposite() color {
	if c == black {
		return white
	}
	return black
}

// mix goes from the colour a part of the way to another.
func (c color) mix(other color, part float64) color {
	var mixed color
	for i := range c {
		mixed[i] = uint8(math.Round(float64(c[i]) + (float64(other[i])-float64(c[i]))*part))
	}
	return mixed
}

// legible is the shade of the colour that can be read as text on a background:
// the colour itself, or as little as is needed nearer to black or white.
func (c color) legible(background color) color {
	const steps = 64
	toward := background.ink()
	for i := range steps {
		if shade := c.mix(toward, float64(i)/steps); contrast(shade, background) >= textContrast {
			return shade
		}
	}
	return toward
}
