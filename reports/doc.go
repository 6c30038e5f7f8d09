// Package reports turns what happened in a run into what a person sees afterwards: a
// terminal summary, a self-contained HTML page, CSV files, a manifest and a JSON summary.
//
// A Collector is fed the marks and records of a run as they happen and keeps only what
// the reports need: its memory grows with fills, round trips and days, never with bars.
// Finish gives a Run, plain data that every renderer reads and none changes. Money stays
// exact; floats appear in statistics and pictures only. It never reads a clock: when and
// how a run was made is told by the caller in Meta.
package reports
