package session

import (
	"bytes"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
	"github.com/goccy/go-yaml/parser"

	"breakwater/internal/spelling"
)

// Config is bot.yaml as it was written. Paths in it are relative to the file.
type Config struct {
	Venue    string  `yaml:"venue"`     // sim
	State    string  `yaml:"state"`     // directory of everything that the session keeps
	Speed    string  `yaml:"speed"`     // 1x, 60x, max, lockstep
	TimeZone string  `yaml:"time-zone"` // of the trading day
	DryRun   *bool   `yaml:"dry-run"`   // approve and record, send nothing; true unless told otherwise
	Record   *bool   `yaml:"record"`    // write what guard and venue were told; always on for venue sim
	ArmKey   string  `yaml:"arm-key"`   // public key of the one who may arm
	Seed     uint64  `yaml:"seed"`      // of the strategies' random streams
	Size     string  `yaml:"size"`      // of entries that leave it to the session: all, all-whole, or a quantity
	Market   Market  `yaml:"market"`
	Account  Account `yaml:"account"`
	Fills    Fills   `yaml:"fills"`
	Risk     Risk    `yaml:"risk"`
	Slots    []Slot  `yaml:"slots"`

	path string    // of the file
	doc  *ast.File // for the lines of messages
}

// Market is where prices come from: a preset of the synthesis, or files of history.
type Market struct {
	Preset   string   `yaml:"preset"`
	Seed     uint64   `yaml:"seed"`
	Pair     string   `yaml:"pair"`
	Start    string   `yaml:"start"`    // of a preset: a time, or now: the first start of the session
	Interval string   `yaml:"interval"` // bars of a preset
	Length   string   `yaml:"length"`   // of a preset's history
	Price    float64  `yaml:"price"`    // of a preset, at the start
	Trades   bool     `yaml:"trades"`   // a preset's trades instead of its bars
	Files    []string `yaml:"files"`
	From     string   `yaml:"from"` // of files
	To       string   `yaml:"to"`
	Bars     string   `yaml:"bars"`        // bar size built for the strategies
	Rules    string   `yaml:"asset-pairs"` // Kraken's AssetPairs answer: ticks, lots, minima
}

// Account is what the simulated account begins with, and pays.
type Account struct {
	Cash     string `yaml:"cash"`
	Currency string `yaml:"currency"`
	Fee      string `yaml:"fee"` // kraken, or maker,taker
}

// Fills is how the simulated venue fills; without a value the pessimistic default holds.
type Fills struct {
	Spread    string `yaml:"spread"`
	Slippage  string `yaml:"slippage"`
	Latency   string `yaml:"latency"`
	VolumeCap string `yaml:"volume-cap"`
}

// Risk is the guard's profile, and the file of its limits.
type Risk struct {
	Profile string `yaml:"profile"`
	File    string `yaml:"file"`
}

// Slot is one strategy with its share of the account.
type Slot struct {
	Name     string         `yaml:"name"`
	Strategy string         `yaml:"strategy"`
	Pairs    []string       `yaml:"pairs"`
	Share    string         `yaml:"share"`
	Mode     string         `yaml:"mode"`
	Interval string         `yaml:"interval"`
	Set      map[string]any `yaml:"set"`
}

// Load reads bot.yaml. An unknown key is refused with its line and the nearest known one.
func Load(path string) (*Config, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, Wrong(fmt.Errorf("%s cannot be read: %s; give the session's file with --config", path, plainFileError(err)))
	}
	c := &Config{path: path}
	if c.doc, err = parser.ParseBytes(text, 0); err == nil {
		err = yaml.NewDecoder(bytes.NewReader(text), yaml.Strict()).Decode(c)
	}
	if err != nil {
		return nil, Wrong(c.explain(err))
	}
	return c, nil
}

// explain makes one line of a decoder's error: file, line, what is wrong, and a remedy.
func (c *Config) explain(err error) error {
	name := filepath.Base(c.path)
	var at yaml.Error
	if !errors.As(err, &at) || at.GetToken() == nil {
		return fmt.Errorf("%s: %s", name, oneLine(err.Error()))
	}
	line := at.GetToken().Position.Line
	var unknown *yaml.UnknownFieldError
	if errors.As(err, &unknown) {
		key := at.GetToken().Value
		return fmt.Errorf("%s:%d: unknown key %q%s", name, line, key, whereItBelongs(key))
	}
	var kind *yaml.TypeError
	if errors.As(err, &kind) {
		return fmt.Errorf("%s:%d: %q does not fit; %s is needed here", name, line, at.GetToken().Value, kindText(kind.DstType))
	}
	return fmt.Errorf("%s:%d: %s", name, line, oneLine(at.GetMessage()))
}

// kindText is a type in the words of who writes YAML.
func kindText(t reflect.Type) string {
	switch t.Kind() {
	case reflect.Bool:
		return "true or false"
	case reflect.Uint64:
		return "a whole number from 0 on"
	case reflect.Float64:
		return "a number"
	case reflect.Slice:
		return "a list"
	case reflect.Struct, reflect.Map:
		return "a block of keys"
	}
	return "a text"
}

// wrongAt is a mistake in the value at a path like $.market.preset, with its line.
func (c *Config) wrongAt(path, format string, args ...any) error {
	place := filepath.Base(c.path)
	if line := c.lineOf(path); line > 0 {
		place = fmt.Sprintf("%s:%d", place, line)
	}
	return Wrong(fmt.Errorf("%s: %s", place, fmt.Sprintf(format, args...)))
}

// lineOf is the line of a value, or of the nearest thing above it that is written; 0 when
// none is.
func (c *Config) lineOf(path string) int {
	for c.doc != nil && len(path) > 1 {
		if p, err := yaml.PathString(path); err == nil {
			if node, err := p.FilterFile(c.doc); err == nil && node != nil && node.GetToken() != nil {
				return node.GetToken().Position.Line
			}
		}
		path = path[:max(strings.LastIndexAny(path, ".["), 1)]
	}
	return 0
}

// file is a path of the configuration as the process opens it.
func (c *Config) file(path string) string {
	if path == "" || filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(filepath.Dir(c.path), path)
}

// whereItBelongs is the remedy for a key that is not known where it stands: the place
// where it is, or the nearest one that is known anywhere.
func whereItBelongs(key string) string {
	places := map[string]string{}
	keysOf(reflect.TypeFor[Config](), "", places)
	if under, known := places[key]; known {
		if under == "" {
			return " here; it belongs at the left margin"
		}
		return fmt.Sprintf(" here; it belongs under %s", under)
	}
	return suggest(key, slices.Sorted(maps.Keys(places)))
}

// keysOf notes all keys that bot.yaml knows and what they stand under.
func keysOf(t reflect.Type, under string, places map[string]string) {
	for i := range t.NumField() {
		f := t.Field(i)
		key := f.Tag.Get("yaml")
		if key == "" {
			continue
		}
		places[key] = under
		inner := f.Type
		if inner.Kind() == reflect.Slice {
			inner = inner.Elem()
		}
		if inner.Kind() == reflect.Struct {
			keysOf(inner, key, places)
		}
	}
}

// suggest names the known word that was probably meant.
func suggest(word string, known []string) string {
	best, least := "", len(word)/2+1
	for _, k := range known {
		if d := spelling.Distance(word, k); d < least {
			best, least = k, d
		}
	}
	if best == "" {
		return ""
	}
	return fmt.Sprintf(" (did you mean %q?)", best)
}

func oneLine(text string) string { return strings.Join(strings.Fields(text), " ") }

// plainFileError is the reason of a file error without the path, which the message has.
func plainFileError(err error) string {
	var p *os.PathError
	if errors.As(err, &p) {
		return p.Err.Error()
	}
	return err.Error()
}

// SetState gives the session another state directory, relative to where the program was
// called.
func (c *Config) SetState(path string) {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	c.State = path
}

// StatePath is the session's state directory.
func (c *Config) StatePath() (string, error) {
	if c.State == "" {
		return "", c.wrongAt("$.state", "no state directory; write state: state/NAME, or give --state")
	}
	return c.file(c.State), nil
}
