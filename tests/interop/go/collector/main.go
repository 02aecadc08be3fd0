// Command collector is the smallest OpenTelemetry Collector that a supervisor can run
// and that the example fleet repo needs: it is built by tests/interop and by nobody else.
package main

import (
	"errors"
	"log"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/opampextension"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/confmap"
	"go.opentelemetry.io/collector/confmap/provider/envprovider"
	"go.opentelemetry.io/collector/confmap/provider/fileprovider"
	"go.opentelemetry.io/collector/confmap/provider/yamlprovider"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/nopreceiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

const (
	version = "0.149.0"
	core    = "go.opentelemetry.io/collector"
	contrib = "github.com/open-telemetry/opentelemetry-collector-contrib"
)

func factories() (otelcol.Factories, error) {
	extensions, noExtensions := otelcol.MakeFactoryMap[extension.Factory](
		opampextension.NewFactory(),
	)
	receivers, noReceivers := otelcol.MakeFactoryMap[receiver.Factory](
		nopreceiver.NewFactory(),
		otlpreceiver.NewFactory(),
	)
	processors, noProcessors := otelcol.MakeFactoryMap[processor.Factory](
		batchprocessor.NewFactory(),
		memorylimiterprocessor.NewFactory(),
	)
	exporters, noExporters := otelcol.MakeFactoryMap[exporter.Factory](
		debugexporter.NewFactory(),
		nopexporter.NewFactory(),
		otlpexporter.NewFactory(),
	)
	return otelcol.Factories{
		Telemetry:        otelconftelemetry.NewFactory(),
		Extensions:       extensions,
		ExtensionModules: modules(extensions, contrib),
		Receivers:        receivers,
		ReceiverModules:  modules(receivers, core),
		Processors:       processors,
		ProcessorModules: modules(processors, core),
		Exporters:        exporters,
		ExporterModules:  modules(exporters, core),
	}, errors.Join(noExtensions, noReceivers, noProcessors, noExporters)
}

// modules names the module of each component: what is not named here, the opamp
// extension does not report as available.
func modules[T component.Factory](factories map[component.Type]T, module string) map[component.Type]string {
	found := make(map[component.Type]string, len(factories))
	for kind := range factories {
		found[kind] = module + " v" + version
	}
	return found
}

func main() {
	settings := otelcol.CollectorSettings{
		BuildInfo: component.BuildInfo{
			Command:     "otelcol-interop",
			Description: "Collector for the interop tests of opamp-reconciler",
			Version:     version,
		},
		Factories: factories,
		ConfigProviderSettings: otelcol.ConfigProviderSettings{
			ResolverSettings: confmap.ResolverSettings{
				DefaultScheme: "env",
				ProviderFactories: []confmap.ProviderFactory{
					envprovider.NewFactory(),
					fileprovider.NewFactory(),
					yamlprovider.NewFactory(),
				},
			},
		},
	}
	if err := otelcol.NewCommand(settings).Execute(); err != nil {
		log.Fatal(err)
	}
}
