package config

import (
	"errors"
	"math"
	"strconv"
	"strings"
	"time"
)

const durationHint = `write it as 45m, 12h or 30d (s, m, h, d; several may follow each other)`

var units = map[byte]time.Duration{'s': time.Second, 'm': time.Minute, 'h': time.Hour, 'd': 24 * time.Hour}

var errDuration = errors.New("not a duration")

// ParseDuration reads 45m, 12h, 30d, 1d12h, or a bare 0. A day is 24 hours. Negative times, fractions and other units are
// errors.
func ParseDuration(text string) (time.Duration, error) {
	if text == "0" {
		return 0, nil
	}
	if text == "" {
		return 0, errDuration
	}
	var total time.Duration
	for text != "" {
		digits := len(text) - len(strings.TrimLeft(text, "0123456789"))
		if digits == 0 || digits == len(text) {
			return 0, errDuration
		}
		unit, known := units[text[digits]]
		count, err := strconv.ParseInt(text[:digits], 10, 64)
		if !known || err != nil || count > int64(math.MaxInt64-total)/int64(unit) {
			return 0, errDuration
		}
		total += time.Duration(count) * unit
		text = text[digits+1:]
	}
	return total, nil
}

// FormatDuration writes what [ParseDuration] reads, in the largest units that fit: 30d, 12h, 1d12h, 45m. Parts below a
// second are dropped.
func FormatDuration(d time.Duration) string {
	if d < time.Second {
		return "0"
	}
	var text strings.Builder
	for _, unit := range []byte("dhms") {
		if count := d / units[unit]; count > 0 {
			text.WriteString(strconv.FormatInt(int64(count), 10))
			text.WriteByte(unit)
			d -= count * units[unit]
		}
	}
	return text.String()
}
