// Package archtest holds the house rules that a compiler does not: who may import whom,
// that only the guard places orders, and that the core takes no input but its events.
//
// The rules are one table (rules_test.go); every rule has a test that feeds it a small
// program that breaks it.
package archtest
