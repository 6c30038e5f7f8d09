package cmd

import (
	"bytes"
	"encoding/xml"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/spf13/cobra"

	"breakwater/risk"
	"breakwater/scenarios"
)

func (a *app) scenariosCommand() *cobra.Command {
	return group("scenarios", "Show that each breaker fires, and what happens without it", `A scenario is a market, strategies, limits and faults, and what must hold. It runs twice: with
every control, and without the one that it proves, where what it names must break.

  breakwater scenarios list --control daily-loss
  breakwater scenarios explain kill-file-idle
  breakwater scenarios run --all`, a.scenariosListCommand(), a.scenariosExplainCommand(), a.scenariosRunCommand(), a.scenariosSweepCommand(), a.scenariosReduceCommand(), a.scenariosBlastCommand())
}

func (a *app) scenariosListCommand() *cobra.Command {
	control, source := "", ""
	incident, asJSON := false, false
	c := &cobra.Command{
		Use: "list", Short: "List the scenarios of the catalogue", Args: noWords,
		Example: "  breakwater scenarios list\n  breakwater scenarios list --control price-collar",
		RunE: func(*cobra.Command, []string) error {
			if _, ok := risk.ParseControl(control); control != "" && !ok {
				return usagef("there is no control %q; \"breakwater risk explain\" lists them", control)
			}
			if source != "" && !slices.Contains([]string{"A", "B", "C", "D"}, source) {
				return usagef("--source %q is none of A, B, C, D", source)
			}
			type row struct {
				Name     string `json:"name"`
				Control  string `json:"control,omitempty"`
				Source   string `json:"source,omitempty"`
				Incident string `json:"incident,omitempty"`
				Doc      string `json:"doc"`
			}
			rows := []row{}
			for _, s := range scenarios.Catalogue() {
				if control != "" && s.Control.String() != control || incident && s.Incident == "" || source != "" && !strings.HasPrefix(s.Source, source) {
					continue
				}
				r := row{Name: s.Name, Source: s.Source, Incident: s.Incident, Doc: s.Doc}
				if s.Breaks >= 0 {
					r.Control = s.Control.String()
				}
				rows = append(rows, r)
			}
			if asJSON {
				return writeJSON(a.stdout, rows)
			}
			t := tabwriter.NewWriter(a.stdout, 0, 0, 2, ' ', 0)
			fmt.Fprintln(t, "scenario\tproves\tanswers")
			for _, r := range rows {
				answers := r.Incident
				if answers == "" {
					answers = r.Source
				}
				fmt.Fprintf(t, "%s\t%s\t%s\n", r.Name, dash(r.Control), dash(answers))
			}
			if err := t.Flush(); err != nil || control != "" || source != "" || incident {
				return err
			}
			fmt.Fprintf(a.stdout, "\n%d scenarios; of the reference's catalogue these have none here:\n", len(rows))
			for _, e := range scenarios.NotHere {
				fmt.Fprintf(t, "  %s\t%s\n", e.Name, e.Why)
			}
			return t.Flush()
		},
	}
	c.Flags().StringVar(&control, "control", "", "only those that prove a `CONTROL`")
	c.Flags().BoolVar(&incident, "incident", false, "only those that re-enact an incident")
	c.Flags().StringVar(&source, "source", "", "only those that answer a requirement of a `GROUP`: A, B, C or D")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	return c
}

func (a *app) scenariosExplainCommand() *cobra.Command {
	return &cobra.Command{
		Use: "explain NAME", Short: "Tell a scenario as prose: what is broken, what must hold, and why", Args: words(1, 1, "a scenario's name or file"),
		Example: "  breakwater scenarios explain kill-file-idle\n  breakwater scenarios explain my/own.yaml",
		RunE: func(_ *cobra.Command, args []string) error {
			s, err := openScenario(args[0])
			if err != nil {
				return err
			}
			return s.Explain(a.stdout)
		},
	}
}

// openScenario finds a scenario of the catalogue, or reads a file.
func openScenario(name string) (*scenarios.Scenario, error) {
	if filepath.Ext(name) == "" && !strings.ContainsAny(name, `/\`) {
		s, err := scenarios.Find(name)
		return s, wrong(err)
	}
	text, err := os.ReadFile(name)
	if err != nil {
		var path *os.PathError
		if errors.As(err, &path) {
			err = path.Err
		}
		return nil, usagef("%s: %v; give a scenario file, or a name that \"breakwater scenarios list\" prints", name, err)
	}
	s, err := scenarios.Read(name, text)
	return s, wrong(err)
}

func (a *app) scenariosRunCommand() *cobra.Command {
	all, asJSON, log, junit, report, over := false, false, false, "", "", overProcess
	c := &cobra.Command{
		Use: "run NAME…", Short: "Run scenarios, each with its control and without",
		Long: `Run plays scenarios of the catalogue by name, or files of your own by path. Each runs with
every control, where all that it expects must hold, and without the control that it proves,
where what it names must break. It fails when something does not hold, when a fault never
strikes, when nothing breaks without the control, and with --all when a control has no
scenario.

All of it happens in one process: a fault of the wire acts on what it means, an order placed
whose answer is lost. --over wire is for the live client, which is still to come: it will run
the same files over sockets against the simulated Kraken, with the faults on HTTP and WebSocket
themselves.`,
		Example: "  breakwater scenarios run kill-file-idle\n  breakwater scenarios run --all --junit chaos.xml",
		RunE: func(_ *cobra.Command, args []string) error {
			if err := checkOver(over); err != nil {
				return err
			}
			list, err := pickScenarios(args, all)
			if err != nil {
				return err
			}
			var outcomes []*scenarios.Outcome
			tell, done := a.progress(&settings{json: asJSON}, "scenarios")
			for i, s := range list {
				if outcomes = append(outcomes, s.Run(time.Now)); tell != nil {
					tell(int64(i+1), int64(len(list)))
				}
			}
			done()
			if junit != "" {
				if err := writeJUnit(junit, outcomes); err != nil {
					return err
				}
			}
			if report != "" {
				if err := writeScenarioReport(report, outcomes, all); err != nil {
					return err
				}
			}
			m := scenarios.MatrixOf(outcomes)
			if asJSON {
				err = writeJSON(a.stdout, scenarios.Report(outcomes, all))
			} else {
				for _, o := range outcomes {
					if log && err == nil {
						err = o.WriteLog(a.stdout)
					}
				}
				if err == nil {
					err = scenarios.WriteTable(a.stdout, outcomes)
				}
				if err == nil && all {
					err = m.Write(a.stdout)
				}
			}
			if err != nil {
				return err
			}
			for _, o := range outcomes {
				if !o.Green() {
					return errNotHeld
				}
			}
			if all && len(m.Unproven()) > 0 {
				return errNotHeld
			}
			return nil
		},
	}
	c.Flags().BoolVar(&all, "all", false, "the whole catalogue, and the matrix of controls")
	c.Flags().BoolVar(&asJSON, "json", false, "print JSON for programs")
	c.Flags().BoolVar(&log, "log", false, "print what happened, with the control and without")
	c.Flags().StringVar(&over, "over", over, "`WHERE` the faults strike: process, or wire once there is a live client")
	c.Flags().StringVar(&report, "report", "", "write a page with the matrix and every timeline to a `FILE`, such as chaos.html")
	c.Flags().StringVar(&junit, "junit", "", "write the outcomes as JUnit XML to a `FILE`")
	return c
}

// Where the faults of a scenario strike.
const (
	overProcess = "process"
	overWire    = "wire"
)

func checkOver(over string) error {
	switch over {
	case overProcess:
		return nil
	case overWire:
		return usagef("--over wire waits for the live client, which will run this same file over sockets against the simulated Kraken; leave it out, and the scenario runs in process, where each fault of the wire acts on what it means")
	}
	return usagef("--over %q is neither process nor wire", over)
}

// writeScenarioReport writes the page whole or not at all.
func writeScenarioReport(path string, outcomes []*scenarios.Outcome, all bool) error {
	var page bytes.Buffer
	b := buildInfo()
	if err := scenarios.WriteHTML(&page, outcomes, all, "breakwater "+b.Version+" "+b.revisionText()+", "+b.Go+", "+b.Platform); err != nil {
		return err
	}
	if err := os.WriteFile(path, page.Bytes(), 0o644); err != nil {
		return usagef("%v; give another file with --report", err)
	}
	return nil
}

func pickScenarios(args []string, all bool) ([]*scenarios.Scenario, error) {
	switch {
	case all && len(args) > 0:
		return nil, usagef("--all and %s do not go together; leave one out", args[0])
	case all:
		return scenarios.Catalogue(), nil
	case len(args) == 0:
		return nil, usagef("no scenario is named; give names that \"breakwater scenarios list\" prints, files, or --all")
	}
	var list []*scenarios.Scenario
	for _, name := range args {
		s, err := openScenario(name)
		if err != nil {
			return nil, err
		}
		list = append(list, s)
	}
	return list, nil
}

// junitSuite is the part of JUnit's XML that test runners read.
type junitSuite struct {
	XMLName  xml.Name    `xml:"testsuite"`
	Name     string      `xml:"name,attr"`
	Tests    int         `xml:"tests,attr"`
	Failures int         `xml:"failures,attr"`
	Time     string      `xml:"time,attr"`
	Cases    []junitCase `xml:"testcase"`
}

type junitCase struct {
	Name    string `xml:"name,attr"`
	Class   string `xml:"classname,attr"`
	Time    string `xml:"time,attr"`
	Failure *struct {
		Message string `xml:"message,attr"`
		Text    string `xml:",chardata"`
	} `xml:"failure,omitempty"`
}

func writeJUnit(path string, outcomes []*scenarios.Outcome) error {
	suite := junitSuite{Name: "breakwater scenarios", Tests: len(outcomes)}
	var took time.Duration
	for _, o := range outcomes {
		took += o.Took
		c := junitCase{Name: o.Scenario.Name, Class: "scenarios", Time: fmt.Sprintf("%.3f", o.Took.Seconds())}
		if !o.Green() {
			suite.Failures++
			why := o.Why()
			c.Failure = &struct {
				Message string `xml:"message,attr"`
				Text    string `xml:",chardata"`
			}{why[0], strings.Join(why, "\n")}
		}
		suite.Cases = append(suite.Cases, c)
	}
	suite.Time = fmt.Sprintf("%.3f", took.Seconds())
	text, err := xml.MarshalIndent(suite, "", "  ")
	if err != nil {
		return err
	}
	if err := os.WriteFile(path, append([]byte(xml.Header), append(text, '\n')...), 0o644); err != nil {
		return usagef("--junit: %v; give a file that can be written", err)
	}
	return nil
}
