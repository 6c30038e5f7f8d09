package cmd

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"breakwater/data"
	"breakwater/data/file"
	"breakwater/exchange"
	"breakwater/sim/krakend"
)

// venueFlags are what "breakwater venue" is told.
type venueFlags struct {
	data             []string
	preset, pairs    string
	rules            string
	speed, listen    string
	control, state   string
	anyAddress       bool
	secure           bool
	certFile, keyPEM string
	seed             uint64
	start            string
	postReject, json bool
	full, bare       bool
	unlimited        bool
}

func (a *app) venueCommand() *cobra.Command {
	v := &venueFlags{}
	c := &cobra.Command{
		Use:   "venue",
		Short: "Serve a simulated Kraken that any client can trade against",
		Long: `Venue serves Kraken's REST and WebSocket v2 on this machine: a made-up or recorded market, a live
book, accounts, orders, fees and rate limits. Point any Kraken client at the URL it prints
and give it the demo key. No real money, no network but this listener.

The market starts now by its own clock and runs at --speed. Stop it with Ctrl-C.`,
		Example: `  breakwater venue
  breakwater venue --data XBTCAD_1440.csv --speed 60x
  breakwater venue --synth volatile --pairs XBT/CAD,ETH/CAD --tls`,
		Args: noWords,
		RunE: func(c *cobra.Command, _ []string) error { return a.venue(c, v) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&v.data, "data", nil, "market data `FILE`; once for each pair")
	f.StringVar(&v.preset, "synth", "", "made-up market instead: "+strings.Join(data.Presets(), ", "))
	f.StringVar(&v.pairs, "pairs", "", "`PAIRS` of the made-up market, with commas (default XBT/CAD); with --data, of its files")
	f.StringVar(&v.rules, "asset-pairs", "", "recorded answer of Kraken's AssetPairs: `FILE`")
	f.StringVar(&v.speed, "speed", "1x", "of the venue's clock: 1x is real time, 60x a minute each second")
	f.StringVar(&v.listen, "listen", "127.0.0.1:8443", "`ADDRESS` to listen on; port 0 takes any that is free")
	f.StringVar(&v.control, "control", "", "`ADDRESS` of the control interface and its page, or off (default: the port after --listen's)")
	f.StringVar(&v.state, "state", "", "keep the venue in a `FILE`, and go on from it at the next start")
	f.BoolVar(&v.anyAddress, "any-address", false, "allow addresses that other machines can reach")
	f.BoolVar(&v.secure, "tls", false, "serve https, with a certificate made for this run")
	f.StringVar(&v.certFile, "cert", "", "certificate for --tls: PEM `FILE`")
	f.StringVar(&v.keyPEM, "cert-key", "", "its private key: PEM `FILE`")
	f.Uint64Var(&v.seed, "seed", 1, "of the crowd and the made-up market")
	f.StringVar(&v.start, "start", "", "the venue's `TIME` at the start (default: now)")
	f.BoolVar(&v.postReject, "post-only-rejects", false, "refuse a post-only order that would cross at once, instead of cancelling it")
	f.BoolVar(&v.full, "full-executions", false, "tell all of an order in each row of the executions channel: kinder than Kraken")
	f.BoolVar(&v.bare, "bare", false, "no crowd: the book holds what clients put there")
	f.BoolVar(&v.unlimited, "no-rate-limits", false, "let the demo account call, and anybody connect, as often as they like")
	f.BoolVar(&v.json, "json", false, "print the addresses and the key as JSON")
	return c
}

// venue runs the server until it is interrupted.
func (a *app) venue(c *cobra.Command, v *venueFlags) error {
	config, closeAll, err := v.config()
	defer closeAll()
	if err != nil {
		return err
	}
	config.Log = a.stderr
	doors, err := v.open()
	defer doors.close()
	if err != nil {
		return err
	}
	server, err := krakend.New(config)
	if err != nil {
		return usagef("%s", strings.TrimPrefix(errorText(err), "krakend: "))
	}
	ctx, cancel := context.WithCancel(c.Context())
	defer cancel()
	controlled := make(chan error, 1)
	if doors.control == nil {
		controlled <- nil
	} else {
		go func() {
			defer cancel() // who cannot be driven any more ends
			controlled <- server.ServeControl(ctx, doors.control, doors.token, doors.hosts...)
		}()
	}
	a.announce(v, config, doors)
	err = server.Serve(ctx, doors.kraken)
	cancel()
	return errors.Join(err, <-controlled)
}

// config makes the server's configuration; closeAll closes the files that feed it.
func (v *venueFlags) config() (config krakend.Config, closeAll func(), err error) {
	var opened []*file.File
	closeAll = func() {
		for _, f := range opened {
			f.Close() // only read from: nothing can be lost
		}
	}
	config.Seed, config.PostOnlyRejects, config.FullExecutions, config.AnyConnections = v.seed, v.postReject, v.full, v.unlimited
	config.State = v.state
	demo := krakend.DemoAccount("demo")
	demo.Unlimited = v.unlimited
	config.Accounts = []krakend.Account{demo}
	number, ok := strings.CutSuffix(v.speed, "x")
	if config.Speed, err = strconv.ParseFloat(number, 64); !ok || err != nil || !(config.Speed > 0) {
		return config, closeAll, usagef("--speed %s is no speed; write it like 1x, 60x or 0.5x", v.speed)
	}
	start, err := parseTime("--start", v.start, 0)
	if err != nil {
		return config, closeAll, err
	}
	if start != 0 {
		config.Start = start.Time()
	}
	if v.rules != "" {
		if config.Rules, err = os.ReadFile(v.rules); err != nil {
			return config, closeAll, usagef("--asset-pairs %s: cannot be read; check the path", v.rules)
		}
	}
	if len(v.data) > 0 && v.preset != "" {
		return config, closeAll, usagef("--data and --synth are two markets; leave one of them out")
	}
	pairs := strings.FieldsFunc(v.pairs, func(r rune) bool { return r == ',' || r == ' ' })
	if len(v.data) == 0 {
		if len(pairs) == 0 {
			pairs = []string{"XBT/CAD"}
		}
		for _, p := range pairs {
			config.Pairs = append(config.Pairs, krakend.Pair{Symbol: p, Preset: v.preset, Bare: v.bare})
		}
		return config, closeAll, nil
	}
	if len(pairs) > 0 && len(pairs) != len(v.data) {
		return config, closeAll, usagef("%d pairs for %d files; give --pairs in the order of --data, or leave it out", len(pairs), len(v.data))
	}
	for i, path := range v.data {
		o := data.Options{}
		if len(pairs) > 0 {
			o.Pair = pairs[i]
		}
		f, err := file.Open(path, o)
		if err != nil {
			return config, closeAll, wrong(err)
		}
		opened = append(opened, f)
		if f.Info().Pair == "" {
			return config, closeAll, usagef("%s: nothing tells which pair this is; give --pairs, for example --pairs XBT/CAD", path)
		}
		source := ""
		if v.state != "" {
			if source, err = fingerprint(path); err != nil {
				return config, closeAll, err
			}
		}
		config.Pairs = append(config.Pairs, krakend.Pair{
			Symbol: f.Info().Pair, Source: source, Open: func(in *exchange.Instrument) (data.Series, error) { return f.Series(in), nil }, Bare: v.bare,
		})
	}
	return config, closeAll, nil
}

// fingerprint is the hash of a file, by which a state file knows its data again.
func fingerprint(path string) (string, error) {
	f, err := os.Open(path)
	if err != nil {
		return "", usagef("%v; check the path", err)
	}
	defer f.Close()
	sum := sha256.New()
	if _, err := io.Copy(sum, f); err != nil {
		return "", usagef("%s: %v; check the file", path, err)
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}
