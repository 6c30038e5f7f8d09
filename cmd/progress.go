package cmd

import (
	"time"

	"github.com/schollz/progressbar/v3"
)

// progress shows a bar on a terminal, on a run long enough to wait for. Elsewhere it
// shows nothing. what says what runs; done takes the bar away.
func (a *app) progress(s *settings, what string) (tell func(read, size int64), done func()) {
	if _, ok := terminal(a.stderr); !ok || s.quiet || s.json {
		return nil, func() {}
	}
	const patience = 500 * time.Millisecond // a run that is over sooner needs no bar
	begin := time.Now()
	var bar *progressbar.ProgressBar
	tell = func(read, size int64) {
		if bar == nil && time.Since(begin) > patience {
			bar = progressbar.NewOptions64(size, progressbar.OptionSetWriter(a.stderr), progressbar.OptionShowBytes(false),
				progressbar.OptionSetDescription(what), progressbar.OptionClearOnFinish(), progressbar.OptionThrottle(100*time.Millisecond))
		}
		if bar != nil {
			bar.Set64(min(read, size-1)) // the end is told by done
		}
	}
	return tell, func() {
		if bar != nil {
			bar.Finish()
		}
	}
}
