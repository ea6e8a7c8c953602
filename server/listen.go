package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"keyturn/problem"
)

// Limits of one connection: the answers are small, and a client that dawdles holds nothing for long.
const (
	headerTimeout = 5 * time.Second
	answerTimeout = 10 * time.Second
	idleTimeout   = time.Minute
	mostHeader    = 16 << 10
	closeGrace    = 3 * time.Second
)

// Listen opens the address, such as 127.0.0.1:8420. An address that can't be used is a Person problem.
func Listen(ctx context.Context, address string) (net.Listener, error) {
	var c net.ListenConfig
	listener, err := c.Listen(ctx, "tcp", address)
	if err != nil {
		trouble := problem.NeedsPerson("listen", address, "can't be listened at: "+err.Error(),
			"stop what uses the port, or give another address: --listen 127.0.0.1:PORT, or --listen none")
		trouble.Err = err
		return nil, trouble
	}
	return listener, nil
}

// Serve answers on listener, which it closes, until ctx ends: over TLS where rules aren't nil.
func Serve(ctx context.Context, listener net.Listener, rules *tls.Config, handler http.Handler, log *slog.Logger) error {
	closing, closed := context.WithCancel(context.WithoutCancel(ctx))
	defer closed()
	host := &http.Server{
		Handler: handler, ReadHeaderTimeout: headerTimeout, ReadTimeout: answerTimeout, WriteTimeout: answerTimeout,
		IdleTimeout: idleTimeout, MaxHeaderBytes: mostHeader, ErrorLog: slog.NewLogLogger(log.Handler(), slog.LevelDebug),
		TLSConfig: rules,
		BaseContext: func(net.Listener) context.Context {
			return context.WithValue(context.Background(), closingKey{}, closing)
		},
	}
	host.RegisterOnShutdown(closed)
	ended := make(chan error, 1)
	go func() { ended <- serveOn(host, listener) }()
	select {
	case err := <-ended:
		return fmt.Errorf("answer at %s: %w", listener.Addr(), err)
	case <-ctx.Done():
	}
	last, cancel := context.WithTimeout(context.WithoutCancel(ctx), closeGrace)
	defer cancel()
	err := host.Shutdown(last)
	if err != nil {
		err = errors.Join(err, host.Close())
	}
	<-ended // always http.ErrServerClosed after Shutdown
	return err
}

func serveOn(host *http.Server, listener net.Listener) error {
	if host.TLSConfig != nil {
		return host.ServeTLS(listener, "", "")
	}
	return host.Serve(listener)
}
