package main

import (
	"fmt"
	"time"

	"keyturn/config"
)

// String renders the duration as [span.Set] reads it.
func (s *span) String() string { return config.FormatDuration(time.Duration(*s)) }

// Type is what help shows behind the flag.
func (s *span) Type() string { return "duration" }

// Set reads 45m, 12h or 30d.
func (s *span) Set(text string) error {
	length, err := config.ParseDuration(text)
	if err != nil {
		return fmt.Errorf("%q: write it as 45m, 12h or 30d", text)
	}
	*s = span(length)
	return nil
}
