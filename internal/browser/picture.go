package browser

import (
	"bytes"
	"cmp"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"slices"

	"github.com/chromedp/cdproto/page"
)

// Screenshot writes the upper part of the page as a small PNG, without anything
// that blinks.
func (p *Page) Screenshot(file string) {
	p.t.Helper()
	p.Eval(nil, "document.activeElement?.blur(); scrollTo(0, 0)")
	shot := call(p, page.CaptureScreenshot, page.CaptureScreenshotParams{Format: page.CaptureScreenshotFormatPng})
	whole, err := png.Decode(bytes.NewReader(shot.Data))
	if err != nil {
		p.t.Fatal(err)
	}
	var small bytes.Buffer
	encoder := png.Encoder{CompressionLevel: png.BestCompression}
	if err := encoder.Encode(&small, paletted(whole)); err != nil {
		p.t.Fatal(err)
	}
	if err := os.WriteFile(file, small.Bytes(), 0o644); err != nil {
		p.t.Fatal(err)
	}
}

// paletted gives the picture in its 256 most frequent colours: a third of the
// bytes, and only the edges of letters are not quite what they were.
func paletted(whole image.Image) *image.Paletted {
	bounds := whole.Bounds()
	count := map[color.Color]int{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			count[whole.At(x, y)]++
		}
	}
	colors := slices.SortedFunc(maps.Keys(count), func(a, b color.Color) int {
		return cmp.Or(count[b]-count[a], cmp.Compare(number(a), number(b)))
	})
	small := image.NewPaletted(bounds, colors[:min(len(colors), 256)])
	index := map[color.Color]uint8{}
	for _, c := range colors {
		index[c] = uint8(small.Palette.Index(c))
	}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			small.SetColorIndex(x, y, index[whole.At(x, y)])
		}
	}
	return small
}

// number orders colours that are as frequent as each other.
func number(c color.Color) uint64 {
	r, g, b, _ := c.RGBA()
	return uint64(r)<<32 | uint64(g)<<16 | uint64(b)
}
