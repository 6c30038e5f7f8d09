package cmd

import (
	"crypto/rand"
	"crypto/tls"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net"
	"strconv"
	"strings"

	"breakwater/sim/krakend"
)

// controlOff is what --control says for no control interface.
const controlOff = "off"

// venueDoors are where a venue is reached.
type venueDoors struct {
	kraken, control net.Listener // control: nil for none
	scheme          string
	trust           string   // the text of the certificate that was made for this run
	token           string   // of the control interface
	hosts           []string // under which it is reached; none: any
}

// open takes the addresses.
func (v *venueFlags) open() (d *venueDoors, err error) {
	d = &venueDoors{scheme: "http"}
	host, port, err := v.address("--listen", v.listen)
	if err != nil {
		return d, err
	}
	secured := func(l net.Listener) net.Listener { return l }
	if v.secure || v.certFile != "" {
		cert, text, err := v.certificate(host)
		if err != nil {
			return d, err
		}
		d.scheme, d.trust = "https", text
		secured = func(l net.Listener) net.Listener {
			return tls.NewListener(l, &tls.Config{Certificates: []tls.Certificate{cert}, MinVersion: tls.VersionTLS12})
		}
	}
	control := v.control
	if control == "" {
		if port > 0 && port < 65535 {
			port++
		}
		if !loopback(host) {
			host = "127.0.0.1" // what drives the venue is for others only when told
		}
		control = net.JoinHostPort(host, strconv.Itoa(port))
	}
	if d.kraken, err = listen("--listen", v.listen); err != nil {
		return d, err
	}
	d.kraken = secured(d.kraken)
	if control == controlOff {
		return d, nil
	}
	if host, _, err = v.address("--control", control); err != nil {
		return d, err
	}
	if d.control, err = listen("--control", control); err != nil {
		return d, err
	}
	if loopback(host) {
		_, port, _ := net.SplitHostPort(d.control.Addr().String())
		for _, name := range []string{"localhost", "127.0.0.1", "::1", host} {
			d.hosts = append(d.hosts, net.JoinHostPort(name, port))
		}
	}
	d.control = secured(d.control)
	d.token = rand.Text()
	return d, nil
}

// address takes an address apart, and refuses one that strangers can reach.
func (v *venueFlags) address(flag, text string) (host string, port int, err error) {
	host, number, err := net.SplitHostPort(text)
	if err == nil {
		port, err = strconv.Atoi(number)
	}
	if err != nil || port < 0 || port > 65535 {
		return "", 0, usagef("%s %s is no address; write it like 127.0.0.1:8443", flag, text)
	}
	if !loopback(host) && !v.anyAddress {
		return "", 0, usagef("%s %s can be reached from other machines, and the demo key is public; take an address of 127.0.0.1, or say --any-address", flag, text)
	}
	return host, port, nil
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

func listen(flag, address string) (net.Listener, error) {
	l, err := net.Listen("tcp", address)
	if err != nil {
		return nil, usagef("%s: cannot listen on %s: %v; choose another port, or 127.0.0.1:0 for any", flag, address, err)
	}
	return l, nil
}

func (d *venueDoors) close() {
	for _, l := range []net.Listener{d.kraken, d.control} {
		if l != nil {
			l.Close() // a server that has run has closed it
		}
	}
}

// certificate is the one that was given, or one made for this run with its text, for
// clients to trust.
func (v *venueFlags) certificate(host string) (cert tls.Certificate, text string, err error) {
	if v.certFile != "" || v.keyPEM != "" {
		if cert, err = tls.LoadX509KeyPair(v.certFile, v.keyPEM); err != nil {
			return cert, "", usagef("--cert and --cert-key: %v; give both, as PEM files that belong together", err)
		}
		return cert, "", nil
	}
	cert, leaf, err := krakend.Certificate("localhost", "127.0.0.1", "::1", host)
	if err != nil {
		return cert, "", err
	}
	return cert, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: leaf.Raw})), nil
}

// venueCard is where a venue is and how to trade there, for programs.
type venueCard struct {
	REST        string   `json:"rest"`
	Stream      string   `json:"stream"`
	Key         string   `json:"key"`
	Secret      string   `json:"secret"`
	Pairs       []string `json:"pairs"`
	Certificate string   `json:"certificate"`
	Control     string   `json:"control"` // empty: none
	Token       string   `json:"token"`
	Page        string   `json:"page"`
}

// announce says where the venue is and how to trade there.
func (a *app) announce(v *venueFlags, config krakend.Config, d *venueDoors) {
	at := d.kraken.Addr().String()
	card := venueCard{
		REST: d.scheme + "://" + at, Stream: strings.Replace(d.scheme, "http", "ws", 1) + "://" + at + "/v2", Key: krakend.DemoKey, Secret: krakend.DemoSecret,
		Certificate: d.trust,
	}
	if d.control != nil {
		card.Control = d.scheme + "://" + d.control.Addr().String() + "/sim"
		card.Token = d.token
		card.Page = d.scheme + "://" + d.control.Addr().String() + "/?token=" + d.token
	}
	for _, p := range config.Pairs {
		card.Pairs = append(card.Pairs, p.Symbol)
	}
	if v.json {
		json.NewEncoder(a.stdout).Encode(card)
		return
	}
	market := "a made-up market"
	if len(v.data) > 0 {
		market = strings.Join(v.data, ", ")
	}
	fmt.Fprintf(a.stdout, `A simulated Kraken: %s from %s, at %s. No real money.

  REST        %s/0/public/Ticker?pair=%s
  WebSocket   %s
  API key     %s
  secret      %s
`, strings.Join(card.Pairs, ", "), market, v.speed, card.REST, strings.ReplaceAll(card.Pairs[0], "/", ""), card.Stream, card.Key, card.Secret)
	if card.Control != "" {
		fmt.Fprintf(a.stdout, `
  look at it  %s
  control     %s/status
  its token   %s
`, card.Page, card.Control, card.Token)
	}
	if d.trust != "" {
		fmt.Fprintf(a.stdout, "\n%s\nThe certificate above is made for this run; tell your client to trust it.\n", d.trust)
	}
	if v.state != "" {
		fmt.Fprintf(a.stdout, "\nWhat happens here is kept in %s.\n", v.state)
	}
	fmt.Fprintln(a.stdout, "\nStop it with Ctrl-C.")
}
