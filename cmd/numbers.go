package cmd

import (
	"errors"
	"strings"
	"time"

	"breakwater/data"
	"breakwater/exchange"
	"breakwater/exchange/money"
)

// What a user writes without a percent sign must be plainly a fraction: above this it
// could be meant as percent.
const largestBareFractionPPM = 50_000 // 5 %

// parseRate reads a rate into parts per million: 0.26%, or as a fraction 0.0026. most is
// the largest that makes sense, in parts per million.
func parseRate(flag, text string, most int64) (ppm int64, err error) {
	number, percent := strings.CutSuffix(strings.TrimSpace(text), "%")
	decimals := uint8(6)
	if percent {
		decimals = 4
	}
	ppm, err = money.Parse(strings.TrimSpace(number), decimals)
	switch {
	case errors.Is(err, money.ErrPrecision):
		return 0, usagef("%s %s is finer than a ten-thousandth of a percent; round it", flag, text)
	case err != nil:
		return 0, usagef("%s %q is no rate; write 0.26%% or 0.0026", flag, text)
	case ppm < 0:
		return 0, usagef("%s %s is negative; give 0 or more", flag, text)
	case !percent && ppm > largestBareFractionPPM && most < money.PPM:
		return 0, usagef("%s %s without %% would be %s%%; write %s%% or %s", flag, text, money.Trim(ppm, 4), number, money.Trim(ppm/100, 6))
	case ppm > most:
		return 0, usagef("%s %s is too much; at most %s%%", flag, text, money.Trim(most, 4))
	}
	return ppm, nil
}

// rateText writes a rate as parseRate reads it.
func rateText(ppm int64) string { return money.Trim(ppm, 4) + "%" }

// parseAmount reads an exact number of a flag.
func parseAmount(flag, text string, decimals uint8) (int64, error) {
	v, err := money.Parse(strings.TrimSpace(text), decimals)
	switch {
	case errors.Is(err, money.ErrPrecision):
		return 0, usagef("%s %s has more than %d decimals; round it", flag, text, decimals)
	case errors.Is(err, money.ErrRange):
		return 0, usagef("%s %s does not fit 64 bits with %d decimals; give a smaller number", flag, text, decimals)
	case err != nil:
		return 0, usagef("%s %q is no number; write it like 10000 or 0.5", flag, text)
	}
	return v, nil
}

// parseTime reads a date or an instant of --from and --to; "" is otherwise.
func parseTime(flag, text string, otherwise exchange.Stamp) (exchange.Stamp, error) {
	if text == "" {
		return otherwise, nil
	}
	for _, layout := range []string{time.DateOnly, time.RFC3339, "2006-01-02T15:04", "2006-01-02 15:04"} {
		if t, err := time.ParseInLocation(layout, text, time.UTC); err == nil && t.Year() > 1970 && t.Year() < 2200 {
			return exchange.At(t), nil
		}
	}
	return 0, usagef("%s %q is no time; write it like 2020-03-12 or 2020-03-12T14:00:00Z (UTC)", flag, text)
}

// parseInterval reads a bar size; "" is 0.
func parseInterval(flag, text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	d, err := data.ParseInterval(text)
	if err != nil {
		return 0, usagef("%s %q is no bar size; write 1m, 15m, 4h, 1d, 1w or a number of minutes", flag, text)
	}
	return d, nil
}
