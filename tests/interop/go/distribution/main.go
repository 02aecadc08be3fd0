// Command distribution is an OpenTelemetry Collector with the commonest components that
// also answers what a linter has to know about them. It is built by tests/interop alone.
//
//	distribution validate --config x.yaml   as every Collector; components, too
//	distribution validate-many              verdicts on a stream of configs
//	distribution yaml-decode                what the Collector's parser reads in a stream
//	distribution schema                     every component with its settings, as JSON
package main

import (
	"log"
	"time"

	"github.com/spf13/cobra"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/otelcol"
)

const version = "0.149.0"

func main() {
	command := otelcol.NewCommand(settings())
	command.AddCommand(
		judging(),
		asks("validate-some", "What validate-many starts, and starts again", validateSome),
		asks("yaml-decode", "Decode YAML, one JSON object per line", decodeMany),
		asks("schema", "Print what is known of every component", printSchema),
	)
	if err := command.Execute(); err != nil {
		log.Fatal(err)
	}
}

func settings(uris ...string) otelcol.CollectorSettings {
	return otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{
			Command:     "otelcol-interop",
			Description: "Collector for the interop tests of opamp-reconciler",
			Version:     version,
		},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				URIs:          uris,
				DefaultScheme: "env",
				ProviderFactories: []confmap.ProviderFactory{
					envprovider.NewFactory(),
					fileprovider.NewFactory(),
					yamlprovider.NewFactory(),
				},
			},
		},
	}
}

func judging() *cobra.Command {
	var patience time.Duration
	command := asks("validate-many", "Judge configs, one JSON object per line", func() error {
		return validateMany(patience)
	})
	command.Flags().DurationVar(&patience, "patience", 20*time.Second, "How long one may take")
	return command
}

func asks(name, short string, run func() error) *cobra.Command {
	return &cobra.Command{
		Use:          name,
		Short:        short,
		Args:         cobra.NoArgs,
		SilenceUsage: true,
		RunE:         func(*cobra.Command, []string) error { return run() },
	}
}
