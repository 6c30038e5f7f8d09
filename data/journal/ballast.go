package journal

const ballastName = "ballast"

// ballast makes the file whose space is given back for the last words on a full disk.
func (w *Writer) ballast() error {
	if w.opt.BallastBytes < 0 {
		return nil
	}
	files, err := w.fs.List()
	if err != nil {
		return err
	}
	for _, f := range files {
		if f.Name == ballastName && f.Size >= w.opt.BallastBytes {
			return nil
		}
	}
	out, err := w.fs.Create(ballastName + temporary)
	if err != nil {
		return err
	}
	defer out.Close()
	if err := fillBallast(out, w.opt.BallastBytes); err != nil {
		return err
	}
	if err := out.Sync(); err != nil {
		return err
	}
	if err := w.fs.Rename(ballastName+temporary, ballastName); err != nil {
		return err
	}
	return w.fs.SyncDir()
}

// fillBallast writes what does not compress: a file system that stores zeros as nothing
// would hold no space.
func fillBallast(out File, bytes int64) error {
	block := make([]byte, min(bytes, chunkBytes))
	x := uint64(88172645463325252)
	for ; bytes > 0; bytes -= int64(len(block)) {
		for i := range block {
			x ^= x << 13
			x ^= x >> 7
			x ^= x << 17
			block[i] = byte(x)
		}
		if _, err := out.Write(block[:min(bytes, int64(len(block)))]); err != nil {
			return err
		}
	}
	return nil
}
