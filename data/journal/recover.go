package journal

import (
	"errors"
	"fmt"
	"io"
	"iter"
	"strings"

	"breakwater/exchange"
	"breakwater/internal/planted"
)

// Recovery is a journal that is being read before it is continued: the only way to a
// Writer.
type Recovery struct {
	r      *reader
	opt    Options
	walked bool
}

// Recover opens a journal; one that does not exist yet is empty. Its Entries are to be
// read, then Writer continues it.
func Recover(fs FS, opt Options) (*Recovery, error) {
	r, err := newReader(fs, opt.Anchor)
	if err != nil {
		return nil, err
	}
	return &Recovery{r: r, opt: opt.withDefaults()}, nil
}

// Entries are all lines from the first to the last, each verified. An error, a *Fault
// where the journal is broken, ends them: nothing may be made of what came before it. A
// torn end is no error.
func (v *Recovery) Entries() iter.Seq2[*Entry, error] { return v.r.entries() }

func (r *reader) entries() iter.Seq2[*Entry, error] {
	return func(yield func(*Entry, error) bool) {
		for {
			e, ok := r.next()
			if !ok {
				break
			}
			if !yield(e, nil) {
				return
			}
		}
		if r.err != nil {
			r.close()
			yield(nil, r.err)
		}
	}
}

// Head is the last line that was read.
func (v *Recovery) Head() Head { return v.r.chk.head }

// Table is what the numbers of the last lines read mean. A catalog that begins with
// Table.Catalog and adds to it may continue the journal.
func (v *Recovery) Table() *Table { return &v.r.table }

// Torn is the partial line at the end that Writer cuts off; nil when there is none, or
// the end is not read yet.
func (v *Recovery) Torn() *Fault { return v.r.torn }

// Writer continues the journal. It reads what is left of it, so that none is continued
// unverified; cuts a torn end and notes it; and makes what is there durable. The account's
// currency must be the journal's, and the catalog must give every asset and instrument the
// number and the scale that it has in the journal.
func (v *Recovery) Writer(cat *exchange.Catalog, currency exchange.AssetID) (*Writer, error) {
	if v.walked {
		return nil, errors.New("BUG: journal: a recovery has one writer")
	}
	v.walked = true
	for _, err := range v.Entries() {
		if err != nil {
			return nil, err
		}
	}
	w := &Writer{fs: v.r.fs, opt: v.opt, table: TableOf(cat, currency), number: int64(len(v.r.segments))}
	if _, err := w.table.Catalog(); err != nil {
		return nil, err
	}
	if err := w.table.extends(&v.r.table); err != nil {
		return nil, err
	}
	w.chain = newChain(v.r.chk.head, v.opt.Source)
	if err := v.resume(w); err != nil {
		if w.file != nil {
			_ = w.file.Close()
		}
		return nil, fmt.Errorf("journal: recovery: %w", err)
	}
	return w, nil
}

// resume brings the files into a state that can be continued.
func (v *Recovery) resume(w *Writer) error {
	if err := v.sweep(w); err != nil {
		return err
	}
	if err := w.ballast(); err != nil {
		return err
	}
	if w.number == 0 {
		if err := w.begin(v.opt.Now); err != nil {
			return err
		}
		return v.note(w)
	}
	if err := v.secure(w); err != nil {
		return err
	}
	file, err := w.fs.Append(w.name)
	if err != nil {
		return err
	}
	w.file, w.records, w.day = file, 2, max(0, v.r.entry.Time.Day())
	if err := v.note(w); err != nil {
		return err
	}
	if !w.table.equal(&v.r.table) {
		return w.rotate(v.opt.Now)
	}
	return nil
}

// sweep removes what an earlier start left half made: temporary files, and a last segment
// without a whole first line.
func (v *Recovery) sweep(w *Writer) error {
	files, err := w.fs.List()
	if err != nil {
		return err
	}
	for _, f := range files {
		if strings.HasSuffix(f.Name, temporary) {
			if err := w.fs.Remove(f.Name); err != nil {
				return err
			}
		}
	}
	if t := v.r.torn; t != nil && t.Byte == 0 {
		if err := w.fs.Remove(t.File); err != nil {
			return err
		}
		w.number--
	}
	return nil // durable with the names that follow
}

// secure writes the last segment anew, up to its last whole line, and puts the copy in
// its place. What was read may be in memory only, after a sync that failed in an earlier
// run: syncing the old file once more would tell nothing.
func (v *Recovery) secure(w *Writer) error {
	w.name = segmentName(w.number)
	in, err := w.fs.Open(w.name)
	if err != nil {
		return err
	}
	defer in.Close() // only read
	out, err := w.fs.Create(w.name + temporary)
	if err != nil {
		return err
	}
	defer out.Close()
	keep := v.keep(w)
	if w.size, err = io.Copy(out, io.LimitReader(in, keep)); err != nil {
		return err
	}
	if w.size != keep {
		return fmt.Errorf("%s has %d bytes where %d were verified: another process changes it", w.name, w.size, keep)
	}
	if v.r.bare {
		if _, err := out.Write([]byte{'\n'}); err != nil {
			return err
		}
		w.size++
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := w.fs.Rename(w.name+temporary, w.name); err != nil {
		return err
	}
	return w.fs.SyncDir()
}

// keep is how much of the last segment is verified.
func (v *Recovery) keep(w *Writer) int64 {
	if w.number < int64(len(v.r.segments)) {
		return v.r.segments[w.number-1].Size // its follower is removed
	}
	if planted.On(planted.TornTailKept) {
		return v.r.offset + v.r.tornLen
	}
	return v.r.offset
}

// note records that a torn end was cut.
func (v *Recovery) note(w *Writer) error {
	t := v.r.torn
	if t == nil {
		return nil
	}
	line, next := w.chain.mark(v.opt.Now, &Mark{Type: MarkCut, File: t.File, Byte: t.Byte, Lost: v.r.tornLen})
	if err := w.write(line, next, v.opt.Now); err != nil {
		return err
	}
	return w.Flush()
}
