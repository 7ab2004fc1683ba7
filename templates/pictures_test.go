package templates_test

import (
	"bytes"
	"context"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"testing"
	"time"

	"bellhop/templates"
)

// picture is a mail as a browser shows it.
type picture struct {
	name, language, sample string
	dark                   bool
	width                  int
}

const (
	desktop = 660
	phone   = 390
	// maxPicture is what a picture may have at most, in bytes.
	maxPicture = 100 << 10
)

// pictures are those of docs/messages.md.
func pictures() []picture {
	return []picture{
		{"open", "en", "partial", false, desktop},
		{"changed-dark", "en", "third-run", true, desktop},
		{"resolved", "en", "resolved", false, desktop},
		{"unreported-phone", "en", "unreported", true, phone},
		{"changed-italian-phone", "it", "third-run", false, phone},
	}
}

// TestPictures draws them into the folder that BELLHOP_PICTURES names, by Chromium.
func TestPictures(t *testing.T) {
	dir := os.Getenv("BELLHOP_PICTURES")
	if dir == "" {
		t.Skip("make pictures draws the pictures")
	}
	b := browser{program: chromium(t), profile: t.TempDir()}
	for _, p := range pictures() {
		e := sample(t, p.sample)
		page := renderIn(t, p.language, templates.MailHTML, e)
		shot := b.draw(t, page, p)
		file := filepath.Join(dir, p.name+".png")
		if err := os.WriteFile(file, small(t, shot), 0o644); err != nil {
			t.Fatal(err)
		}
		t.Log("drew " + file)
	}
}

func chromium(t *testing.T) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if program, err := exec.LookPath(name); err == nil {
			return program
		}
	}
	t.Skip("the pictures need Chromium: apt-get install chromium")
	return ""
}

type browser struct{ program, profile string }

// draw makes a picture that is as high as the page says that it is.
func (b browser) draw(t *testing.T, page string, p picture) []byte {
	t.Helper()
	dir := t.TempDir()
	write(t, dir, "page.html", page)
	write(t, dir, "measure.html", page+`<script>document.title = "height " + document.body.scrollHeight</script>`)
	measured := b.run(t, "--dump-dom", fmt.Sprintf("--window-size=%d,200", p.width), "file://"+filepath.Join(dir, "measure.html"))
	height := regexp.MustCompile(`<title>height (\d+)<`).FindSubmatch(measured)
	if height == nil {
		t.Fatalf("%s does not tell how high %s is", b.program, p.name)
	}
	scheme := 1 // light
	if p.dark {
		scheme = 0
	}
	shot := filepath.Join(dir, "shot.png")
	b.run(t, fmt.Sprintf("--window-size=%d,%s", p.width, height[1]), fmt.Sprintf("--blink-settings=preferredColorScheme=%d", scheme),
		"--screenshot="+shot, "file://"+filepath.Join(dir, "page.html"))
	content, err := os.ReadFile(shot)
	if err != nil {
		t.Fatal(err)
	}
	return content
}

func (b browser) run(t *testing.T, args ...string) []byte {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	all := []string{"--headless=new", "--disable-gpu", "--hide-scrollbars", "--user-data-dir=" + b.profile}
	if os.Geteuid() == 0 {
		all = append(all, "--no-sandbox") // which refuses root
	}
	var out, log bytes.Buffer
	cmd := exec.CommandContext(ctx, b.program, append(all, args...)...)
	cmd.Stdout, cmd.Stderr = &out, &log
	if err := cmd.Run(); err != nil {
		t.Fatalf("%s: %v\n%s", b.program, err, log.String())
	}
	return out.Bytes()
}

// small is the same picture in its 256 most frequent colours, which nobody sees and
// makes it a third of its size.
func small(t *testing.T, content []byte) []byte {
	t.Helper()
	shot, err := png.Decode(bytes.NewReader(content))
	if err != nil {
		t.Fatal(err)
	}
	bounds := shot.Bounds()
	few := image.NewPaletted(bounds, frequent(shot, 256))
	index := map[color.Color]uint8{}
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			c := shot.At(x, y)
			if _, known := index[c]; !known {
				index[c] = uint8(few.Palette.Index(c))
			}
			few.SetColorIndex(x, y, index[c])
		}
	}
	var out bytes.Buffer
	if err := (&png.Encoder{CompressionLevel: png.BestCompression}).Encode(&out, few); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func frequent(shot image.Image, n int) color.Palette {
	times := map[color.Color]int{}
	bounds := shot.Bounds()
	for y := bounds.Min.Y; y < bounds.Max.Y; y++ {
		for x := bounds.Min.X; x < bounds.Max.X; x++ {
			times[shot.At(x, y)]++
		}
	}
	colors := slices.SortedFunc(maps.Keys(times), func(a, b color.Color) int {
		if times[a] != times[b] {
			return times[b] - times[a]
		}
		ra, ga, ba, _ := a.RGBA()
		rb, gb, bb, _ := b.RGBA()
		return slices.Compare([]uint32{ra, ga, ba}, []uint32{rb, gb, bb})
	})
	return colors[:min(n, len(colors))]
}

// TestThePicturesAreThere: each is shown in the manual, and is small.
func TestThePicturesAreThere(t *testing.T) {
	page, err := os.ReadFile(filepath.Join("..", "docs", "messages.md"))
	if err != nil {
		t.Fatal(err)
	}
	shown := regexp.MustCompile(`\(pictures/([a-z-]+)\.png\)`).FindAllSubmatch(page, -1)
	if len(shown) != len(pictures()) {
		t.Errorf("docs/messages.md shows %d pictures of %d", len(shown), len(pictures()))
	}
	for _, p := range pictures() {
		info, err := os.Stat(filepath.Join("..", "docs", "pictures", p.name+".png"))
		if err != nil || info.Size() > maxPicture {
			t.Errorf("make pictures: %v, %+v", err, info)
		}
	}
}
