package krakend

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"io"
	"log"
	"math/big"
	"net"
	"net/http"
	"sync"
	"time"
)

// What a client may take of the server: slow senders and floods end here.
const (
	headerTime      = 10 * time.Second
	requestTime     = 30 * time.Second
	idleTime        = 2 * time.Minute
	mostHeaderBytes = 16 << 10
	mostConnections = 4096
	shutdownTime    = 5 * time.Second
)

// Serve answers on a listener until ctx is done or the venue has ended, then lets what is
// under way finish and closes the venue. It returns nil after a clean end.
func (s *Server) Serve(ctx context.Context, l net.Listener) error {
	defer s.Close()
	err := s.serveOn(ctx, l, s.Handler())
	s.Close()
	return errors.Join(s.Err(), err)
}

// ServeControl serves Control on a listener until ctx is done or the venue has ended.
func (s *Server) ServeControl(ctx context.Context, l net.Listener, token string, hosts ...string) error {
	return s.serveOn(ctx, l, s.Control(token, hosts...))
}

// serveOn serves until ctx is done, the venue has ended or the listener breaks.
func (s *Server) serveOn(ctx context.Context, l net.Listener, h http.Handler) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		select {
		case <-s.done: // a venue that cannot go on takes nobody in
			cancel()
		case <-ctx.Done():
		}
	}()
	live, end := context.WithCancel(context.Background()) // for answers that have no end, or wait
	defer end()
	web := &http.Server{
		Handler: h, ReadHeaderTimeout: headerTime, ReadTimeout: requestTime, WriteTimeout: requestTime, IdleTimeout: idleTime,
		MaxHeaderBytes: mostHeaderBytes, ErrorLog: log.New(io.Discard, "", 0), // what clients do wrong is theirs to see
		BaseContext: func(net.Listener) context.Context { return live },
	}
	stopped := make(chan error, 1)
	stop := context.AfterFunc(ctx, func() {
		end()
		wait, cancel := context.WithTimeout(context.Background(), shutdownTime)
		defer cancel()
		err := web.Shutdown(wait)
		if err != nil {
			web.Close() // who has not finished by now never does
		}
		stopped <- err
	})
	err := web.Serve(&bounded{Listener: l, room: make(chan struct{}, mostConnections)})
	if stop() || !errors.Is(err, http.ErrServerClosed) {
		return err // the listener broke
	}
	return <-stopped
}

// bounded is a listener that holds so many connections at a time; more wait at the door.
type bounded struct {
	net.Listener
	room chan struct{}
}

// Accept waits for room, then for a connection.
func (b *bounded) Accept() (net.Conn, error) {
	b.room <- struct{}{}
	c, err := b.Listener.Accept()
	if err != nil {
		<-b.room
		return nil, err
	}
	return &guest{Conn: c, leave: func() { <-b.room }}, nil
}

// guest is a connection that makes room when it goes.
type guest struct {
	net.Conn
	leave func()
	once  sync.Once
}

// Close closes the connection.
func (g *guest) Close() error {
	g.once.Do(g.leave)
	return g.Conn.Close()
}

// Certificate makes a certificate of its own for names and addresses, good for a year.
// Nobody vouches for it: clients trust it by its text or not at all.
func Certificate(hosts ...string) (tls.Certificate, *x509.Certificate, error) {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	now := time.Now()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(now.UnixNano()), Subject: pkix.Name{CommonName: "breakwater venue"}, NotBefore: now.Add(-time.Hour), NotAfter: now.AddDate(1, 0, 0),
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		BasicConstraintsValid: true, IsCA: true,
	}
	for _, h := range hosts {
		if ip := net.ParseIP(h); ip != nil {
			template.IPAddresses = append(template.IPAddresses, ip)
		} else {
			template.DNSNames = append(template.DNSNames, h)
		}
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		return tls.Certificate{}, nil, err
	}
	leaf, err := x509.ParseCertificate(der)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key, Leaf: leaf}, leaf, err
}
