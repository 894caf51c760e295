// Command promtool is the one subcommand of Prometheus' promtool that the tests need, `promtool check metrics`, made of
// the same library: building all of promtool takes five minutes for its cloud discovery alone. What it says and its exit
// codes are those of the original. Beyond it, the text also goes through the parser with which a Prometheus server
// reads a scrape, so that what passes the linter is known to be readable: OpenMetrics where the text ends with `# EOF`.
package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"

	"github.com/prometheus/client_golang/prometheus/testutil/promlint"
	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/model/textparse"
)

const (
	exitFailure = 1
	exitLint    = 3

	plainText   = "text/plain; version=0.0.4"
	openMetrics = "application/openmetrics-text; version=1.0.0"
)

func main() {
	if !slices.Equal(os.Args[1:], []string{"check", "metrics"}) {
		fail(errors.New("usage: promtool check metrics < FILE"))
	}
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		fail(err)
	}
	contentType := plainText
	if bytes.HasSuffix(text, []byte("# EOF\n")) {
		contentType = openMetrics
	}
	if err := parse(text, contentType); err != nil {
		fail(fmt.Errorf("a Prometheus server cannot read this: %w", err))
	}
	problems, err := promlint.New(bytes.NewReader(text)).Lint()
	if err != nil {
		fail(fmt.Errorf("error while linting: %w", err))
	}
	for _, problem := range problems {
		fmt.Fprintln(os.Stderr, problem.Metric, problem.Text)
	}
	if len(problems) > 0 {
		os.Exit(exitLint)
	}
}

func parse(text []byte, contentType string) error {
	parser, err := textparse.New(text, contentType, labels.NewSymbolTable(), textparse.ParserOptions{})
	if err != nil {
		return err
	}
	for {
		if _, err := parser.Next(); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
	}
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, err)
	os.Exit(exitFailure)
}
