// Package riskfile reads risk.yaml into the guard's limits, and writes it. A file names a
// profile and narrows it: a number looser than the profile's is refused, and so is
// everything that is not understood, with file, line and remedy. It decides nothing and
// reads no files.
package riskfile
