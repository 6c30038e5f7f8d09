// Package file opens market data that lies in files: plain, .gz and .zip. It hashes the
// bytes as they lie on disk while they are read, and leaves all understanding of them
// to package data.
package file

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"

	"breakwater/data"
	"breakwater/exchange"
)

// File is an open file of bars or trades: a data.BarSource or a data.TradeSource.
type File struct {
	*data.Reader
	f     *os.File
	size  int64
	read  int64
	sum   hash.Hash
	whole bool // the sum is complete
	inner io.Closer
}

// Open opens a file and finds out what it holds. o.Name is set to the path; a path
// "archive.zip:member.csv" names one of several files in a zip. The caller closes it.
func Open(name string, o data.Options) (*File, error) {
	disk, member := name, ""
	if i := strings.LastIndex(strings.ToLower(name), ".zip:"); i >= 0 {
		disk, member = name[:i+4], name[i+5:]
	}
	f, err := os.Open(disk)
	if err != nil {
		return nil, openError(disk, err)
	}
	file := &File{f: f, sum: sha256.New()}
	o.Name = name
	if err := file.start(disk, member, o); err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}

func openError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return data.Formatf("%s: there is no such file; check the path", name)
	case errors.Is(err, fs.ErrPermission):
		return data.Formatf("%s: no permission to read the file; change its mode or owner", name)
	}
	return data.Formatf("%s: %v; check the path", name, err)
}

// start finds the compression by the first bytes and begins to read.
func (f *File) start(disk, member string, o data.Options) error {
	st, err := f.f.Stat()
	if err != nil {
		return openError(disk, err)
	}
	if st.IsDir() {
		return data.Formatf("%s: this is a folder; give a file in it", disk)
	}
	if !st.Mode().IsRegular() {
		return data.Formatf("%s: this is a pipe or a device, which can be read only once; write it to a file and give that", disk)
	}
	f.size = st.Size()
	var magic [4]byte
	n, err := io.ReadFull(f.f, magic[:])
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return openError(disk, err)
	}
	if n == 0 {
		return data.Formatf("%s: the file is empty; give one with market data", disk)
	}
	if _, err := f.f.Seek(0, io.SeekStart); err != nil {
		return openError(disk, err)
	}
	err = nil // a file may be shorter than what marks an archive
	var src io.Reader = (*raw)(f)
	lower := strings.ToLower(disk)
	switch {
	case bytes.HasPrefix(magic[:n], []byte("PK")) && magic[2] <= 8:
		src, o.Member, err = f.openZip(disk, member)
	case member != "" || strings.HasSuffix(lower, ".zip"):
		return data.Formatf("%s: this is no zip archive; fetch it again, or take .zip off its name", disk)
	case bytes.HasPrefix(magic[:n], []byte{0x1f, 0x8b}):
		var z *gzip.Reader
		if z, err = gzip.NewReader(src); err == nil {
			src, f.inner = z, z
		}
	case strings.HasSuffix(lower, ".gz"):
		return data.Formatf("%s: this is no gzip file; fetch it again, or take .gz off its name", disk)
	}
	if err != nil {
		if errors.Is(err, data.ErrFormat) {
			return err
		}
		return data.Formatf("%s: the archive is damaged: %v; fetch it again", disk, err)
	}
	f.Reader, err = data.NewReader(src, o)
	return err
}

// openZip opens the one file of an archive, or the one that is named. The archive is
// hashed on its own: its directory stands at the end.
func (f *File) openZip(disk, member string) (io.Reader, string, error) {
	if _, err := io.Copy(io.Discard, (*raw)(f)); err != nil {
		return nil, "", err
	}
	f.whole = true
	z, err := zip.NewReader(f.f, f.size)
	if err != nil {
		return nil, "", data.Formatf("%s: the zip archive is damaged: %v; fetch it again", disk, err)
	}
	var names []string
	var found *zip.File
	for _, e := range z.File {
		if e.FileInfo().IsDir() || strings.HasPrefix(e.Name, "__MACOSX/") {
			continue
		}
		names = append(names, e.Name)
		if member == "" || e.Name == member || path.Base(e.Name) == member {
			found = e
		}
	}
	switch {
	case len(names) == 0:
		return nil, "", data.Formatf("%s: the zip archive holds no file; fetch it again", disk)
	case found == nil:
		return nil, "", data.Formatf("%s: the archive holds no %q but %s", disk, member, list(names))
	case member == "" && len(names) > 1:
		return nil, "", data.Formatf("%s: the archive holds %d files (%s); name one, as in %s:%s", disk, len(names), list(names), disk, names[0])
	}
	r, err := found.Open()
	if err != nil {
		return nil, "", err
	}
	f.inner = r
	return r, found.Name, nil
}

// list names at most eight files.
func list(names []string) string {
	if len(names) > 8 {
		return strings.Join(names[:8], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}

// raw reads the file on disk and hashes what it reads.
type raw File

func (r *raw) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	r.read += int64(n)
	r.sum.Write(p[:n])
	return n, err
}

// Series makes the file a series of an instrument, and takes over its scales.
func (f *File) Series(in *exchange.Instrument) data.Series {
	f.Scale(in.PriceDecimals, in.LotDecimals)
	info := f.Info()
	s := data.Series{Name: info.Name, Instrument: in.ID, Interval: info.Interval}
	if info.Format.Trades() {
		s.Trades = f.Reader
	} else {
		s.Bars = f.Reader
	}
	return s
}

// Progress is how many bytes on disk have been read, and how many there are.
func (f *File) Progress() (read, size int64) { return f.read, f.size }

// SHA256 is the hash of the file on disk in lower-case hex. What has not been read yet
// is read now.
func (f *File) SHA256() (string, error) {
	if !f.whole {
		if _, err := io.Copy(io.Discard, (*raw)(f)); err != nil {
			return "", fmt.Errorf("%s: hashing: %w", f.Info().Name, err)
		}
		f.whole = true
	}
	return hex.EncodeToString(f.sum.Sum(nil)), nil
}

// Close closes the file.
func (f *File) Close() error {
	if f.inner != nil {
		f.inner.Close()
	}
	return f.f.Close()
}
