package riskfile

import (
	"fmt"
	"slices"
	"strings"
	"time"

	"breakwater/exchange"
	"breakwater/exchange/money"
	"breakwater/risk"
)

// Account is what a file is read for.
type Account struct {
	Currency string                   // of the account; "": the one that the file names
	Decimals func(asset string) uint8 // scale of an asset's amounts
	Catalog  *exchange.Catalog        // its pairs; nil: not known yet, and Limits.Instruments stays nil
}

// File is a risk.yaml, read and checked.
type File struct {
	Limits   risk.Limits
	Profile  string         // that it starts from
	Currency string         // of its amounts
	Decimals uint8          // of its amounts
	Zone     *time.Location // of the trading day; nil: the file names none
	Pairs    []string       // allow-list in normal spelling; nil: all
	Notes    []string       // what is allowed and may not be meant, with file and line

	name  string
	lines map[string]int // by parameter: where the file sets it
}

type reader struct {
	file    *File
	account Account
	base    risk.Limits
	strict  bool // nothing may be looser, whatever the profile
}

func (r *reader) fail(line int, format string, args ...any) error {
	return &Error{r.file.name, line, fmt.Sprintf(format, args...)}
}

func (r *reader) note(line int, format string, args ...any) {
	r.file.Notes = append(r.file.Notes, (&Error{r.file.name, line, fmt.Sprintf(format, args...)}).Error())
}

// defaultCurrency counts a file that names none and is read for no account.
const defaultCurrency = "CAD"

// Read reads a risk.yaml; name is what messages call it. The error is an *Error: one
// sentence with file, line and remedy. Limits.Profile is the profile's name, and the
// file's behind it when the file makes a number stricter.
func Read(name string, text []byte, a Account) (*File, error) {
	r := &reader{file: &File{name: name, lines: map[string]int{}}, account: a}
	root, err := r.parse(text)
	if err != nil {
		return nil, err
	}
	for _, step := range []func(*node) error{r.known, r.readCurrency, r.readProfile, r.readZone, r.readTier, r.readPairs, r.readModes, r.readRamp, r.readControls} {
		if err := step(&root); err != nil {
			return nil, err
		}
	}
	if r.file.narrows() {
		r.file.Limits.Profile += ", " + name
	}
	return r.file, nil
}

// narrows reports whether the file sets any number.
func (f *File) narrows() bool {
	base, _ := risk.Profile(f.Profile, unit(f.Decimals))
	a, b := f.Limits, base
	for i := range params {
		if params[i].of(&a) != params[i].of(&b) {
			return true
		}
	}
	return a.Tier != b.Tier || !slices.Equal(a.Modes, b.Modes) || !slices.Equal(a.Ramp, b.Ramp) || f.Pairs != nil
}

func unit(decimals uint8) money.Amount { return money.Amount(money.Pow10[decimals]) }

// The keys beside the controls.
const (
	keyProfile  = "profile"
	keyCurrency = "currency"
	keyZone     = "time-zone"
	keyTier     = "tier"
	keyPairs    = "pairs"
	keyModes    = "modes"
	keyRamp     = "ramp"
)

var general = []string{keyProfile, keyCurrency, keyZone, keyTier, keyPairs, keyModes, keyRamp}

// keys are all keys of a file.
func keys() []string {
	all := slices.Clone(general)
	for i := range params {
		if name := params[i].control.String(); !slices.Contains(all, name) {
			all = append(all, name)
		}
	}
	return all
}

// known refuses a key that has no meaning.
func (r *reader) known(root *node) error {
	all := keys()
	for i := range root.entries {
		e := &root.entries[i]
		if slices.Contains(all, e.key) {
			continue
		}
		if c, ok := risk.ParseControl(e.key); ok {
			where, ok := elsewhere[c]
			if !ok {
				where = "has no number to set: it is always on"
			}
			return r.fail(e.line, "%s %s", e.key, where)
		}
		remedy := suggest(e.key, all)
		if remedy == "" {
			remedy = "; \"breakwater risk profile kraken-bot\" prints all that there are"
		}
		return r.fail(e.line, "unknown key %q%s", e.key, remedy)
	}
	return nil
}

// find is the entry of a key, nil when there is none.
func (n *node) find(key string) *entry {
	for i := range n.entries {
		if n.entries[i].key == key {
			return &n.entries[i]
		}
	}
	return nil
}

// word is the text of a general key; "" when the file does not have it.
func (r *reader) word(root *node, key, sample string) (text string, line int, err error) {
	e := root.find(key)
	if e == nil {
		return "", 0, nil
	}
	if e.node.is != scalar || e.node.text == "" {
		return "", 0, r.fail(e.line, "%s is %s; write %s: %s", key, e.node.is, key, sample)
	}
	return e.node.text, e.line, nil
}

func (r *reader) readCurrency(root *node) error {
	text, line, err := r.word(root, keyCurrency, defaultCurrency)
	if err != nil {
		return err
	}
	f := r.file
	f.Currency = r.account.Currency
	if text != "" {
		name := exchange.NormalAsset(text)
		if strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789") != "" {
			return r.fail(line, "currency %q is no asset; write one like CAD", text)
		}
		if f.Currency != "" && f.Currency != name {
			return r.fail(line, "the amounts are in %s, but the account counts in %s; write them in %s", name, f.Currency, f.Currency)
		}
		f.Currency = name
	}
	if f.Currency == "" {
		f.Currency = defaultCurrency
	}
	f.Decimals = r.account.Decimals(f.Currency)
	return nil
}

func (r *reader) readProfile(root *node) error {
	name, line, err := r.word(root, keyProfile, "kraken-bot")
	if err != nil {
		return err
	}
	if name == "" {
		return r.fail(0, "names no profile; begin with profile: and one of %s", strings.Join(risk.Profiles(), ", "))
	}
	base, ok := risk.Profile(name, unit(r.file.Decimals))
	if !ok {
		return r.fail(line, "profile %q is unknown%s", name, nearest(name, risk.Profiles()))
	}
	r.file.Profile, r.base, r.file.Limits = name, base, base
	r.file.Limits.Modes, r.file.Limits.Ramp = slices.Clone(base.Modes), slices.Clone(base.Ramp)
	return nil
}

// free reports whether the profile is one that every number narrows.
func (r *reader) free() bool { return !r.base.NeedsArming && !r.strict }

func (r *reader) readZone(root *node) error {
	text, line, err := r.word(root, keyZone, "America/Toronto")
	if err != nil || text == "" {
		return err
	}
	if r.file.Zone, err = time.LoadLocation(text); err != nil || text == "Local" {
		return r.fail(line, "time zone %q is unknown; write one like America/Toronto or UTC", text)
	}
	return nil
}

var tiers = []struct {
	name string
	tier risk.Tier
}{
	{"starter", risk.Starter}, {"intermediate", risk.Intermediate}, {"pro", risk.Pro},
	{noneWord, risk.Tier{Threshold: risk.Unlimited}},
}

// readTier reads what the venue has granted the account: a fact, not a limit of the
// profile.
func (r *reader) readTier(root *node) error {
	text, line, err := r.word(root, keyTier, "starter")
	if err != nil || text == "" {
		return err
	}
	for _, t := range tiers {
		if t.name == text && (text != noneWord || r.free()) {
			r.file.Limits.Tier = t.tier
			r.file.lines[keyTier] = line
			return nil
		}
	}
	return r.fail(line, "tier %q is unknown; write starter, intermediate or pro, as Kraken shows it", text)
}

func tierText(t risk.Tier) string {
	for _, known := range tiers {
		if known.tier == t {
			return known.name
		}
	}
	return fmt.Sprintf("%d points", t.Threshold)
}

func (r *reader) readPairs(root *node) error {
	e := root.find(keyPairs)
	if e == nil {
		return nil
	}
	f := r.file
	if e.node.is != list {
		return r.fail(e.line, "pairs is %s; write a list: [XBT/CAD, ETH/CAD]", e.node.is)
	}
	if len(e.node.items) == 0 {
		return r.fail(e.line, "pairs is an empty list, which allows none; leave pairs out to allow all")
	}
	f.lines[keyPairs] = e.line
	for i := range e.node.items {
		n := &e.node.items[i]
		base, quote, ok := exchange.NormalPair(n.text)
		if n.is != scalar || !ok {
			return r.fail(n.line, "%q is no pair; write it like XBT/CAD", n.text)
		}
		symbol := base + "/" + quote
		if slices.Contains(f.Pairs, symbol) {
			return r.fail(n.line, "pair %s stands twice; leave one", symbol)
		}
		f.Pairs = append(f.Pairs, symbol)
	}
	if r.account.Catalog == nil {
		return nil
	}
	f.Limits.Instruments = []exchange.InstrumentID{}
	for _, symbol := range f.Pairs {
		if in, ok := r.account.Catalog.Find(symbol); ok {
			f.Limits.Instruments = append(f.Limits.Instruments, in.ID)
		}
	}
	if len(f.Limits.Instruments) == 0 {
		r.note(e.line, "none of the pairs that there are (%s) is allowed: no order gets through", r.account.Catalog.Symbols())
	}
	return nil
}

// readControls reads the numbers of the controls.
func (r *reader) readControls(root *node) error {
	for i := range root.entries {
		e := &root.entries[i]
		c, ok := risk.ParseControl(e.key)
		if !ok {
			continue
		}
		if err := r.readControl(e, paramsOf(c)); err != nil {
			return err
		}
	}
	return nil
}

func (r *reader) readControl(e *entry, of []*param) error {
	switch {
	case e.node.is == mapping && of[0].name != "":
		return r.readParams(e, of)
	case len(of) == 1 && of[0].name == "":
		return r.readParam(of[0], &e.node)
	case e.node.is == scalar && asLimit(of):
		if strings.HasSuffix(e.node.text, "%") {
			return r.readParam(of[1], &e.node)
		}
		return r.readParam(of[0], &e.node)
	}
	var names []string
	for _, p := range of {
		names = append(names, p.name+": "+r.sample(p))
	}
	return r.fail(e.line, "%s is %s; write its parts: %s: {%s}", e.key, e.node.is, e.key, strings.Join(names, ", "))
}

func (r *reader) readParams(e *entry, of []*param) error {
	if len(e.node.entries) == 0 {
		return r.fail(e.line, "%s is empty; leave it out to keep the profile's", e.key)
	}
	for i := range e.node.entries {
		part := &e.node.entries[i]
		at := slices.IndexFunc(of, func(p *param) bool { return p.name == part.key })
		if at < 0 {
			names := make([]string, len(of))
			for i, p := range of {
				names[i] = p.name
			}
			return r.fail(part.line, "unknown key %q under %s%s", part.key, e.key, nearest(part.key, names))
		}
		if err := r.readParam(of[at], &part.node); err != nil {
			return err
		}
	}
	return nil
}

// readParam takes one number that is not looser than the profile's.
func (r *reader) readParam(p *param, n *node) error {
	v, err := r.value(p, n)
	if err != nil {
		return err
	}
	if bound := p.of(&r.base); !r.free() && !p.fact && p.looser(v, bound) {
		return r.looser(n.line, p.title(), n.text, p.text(bound, r.file.Decimals), p)
	}
	p.set(&r.file.Limits, v)
	r.file.lines[p.title()] = n.line
	return nil
}

// looser refuses a number that the profile does not allow.
func (r *reader) looser(line int, title, have, bound string, p *param) error {
	remedy := "at most " + bound
	switch {
	case p.kind == toggle:
		remedy = bound
	case p.least || p.kind == reserve:
		remedy = "at least " + bound
	}
	return r.fail(line, "%s %s is looser than the %s of profile %s; write %s", title, have, bound, r.file.Profile, remedy)
}
