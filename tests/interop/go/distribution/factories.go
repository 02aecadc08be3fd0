package main

import (
	"errors"
	"reflect"
	"runtime"
	"runtime/debug"
	"strings"

	"github.com/open-telemetry/opentelemetry-collector-contrib/connector/routingconnector"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/clickhouseexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/exporter/prometheusremotewriteexporter"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/bearertokenauthextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/healthcheckextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/opampextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/pprofextension"
	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/attributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/cumulativetodeltaprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/deltatocumulativeprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/deltatorateprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/filterprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbyattrsprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/groupbytraceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/intervalprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/k8sattributesprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/logdedupprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/metricsgenerationprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/metricstarttimeprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/metricstransformprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/probabilisticsamplerprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/redactionprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/resourcedetectionprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/resourceprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/spanprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/tailsamplingprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/processor/transformprocessor"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/dockerstatsreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/filelogreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/fluentforwardreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/hostmetricsreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/k8sclusterreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/kubeletstatsreceiver"
	"github.com/open-telemetry/opentelemetry-collector-contrib/receiver/prometheusreceiver"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/connector"
	"go.opentelemetry.io/collector/connector/forwardconnector"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/debugexporter"
	"go.opentelemetry.io/collector/exporter/nopexporter"
	"go.opentelemetry.io/collector/exporter/otlpexporter"
	"go.opentelemetry.io/collector/exporter/otlphttpexporter"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/extension/zpagesextension"
	"go.opentelemetry.io/collector/otelcol"
	"go.opentelemetry.io/collector/processor"
	"go.opentelemetry.io/collector/processor/batchprocessor"
	"go.opentelemetry.io/collector/processor/memorylimiterprocessor"
	"go.opentelemetry.io/collector/receiver"
	"go.opentelemetry.io/collector/receiver/nopreceiver"
	"go.opentelemetry.io/collector/receiver/otlpreceiver"
	"go.opentelemetry.io/collector/service/telemetry/otelconftelemetry"
)

// factories are all components of this build.
func factories() (otelcol.Factories, error) {
	built := otelcol.Factories{Telemetry: otelconftelemetry.NewFactory()}
	var failed [5]error
	built.Receivers, built.ReceiverModules, failed[0] = collect[receiver.Factory](
		dockerstatsreceiver.NewFactory,
		filelogreceiver.NewFactory,
		fluentforwardreceiver.NewFactory,
		hostmetricsreceiver.NewFactory,
		k8sclusterreceiver.NewFactory,
		kubeletstatsreceiver.NewFactory,
		nopreceiver.NewFactory,
		otlpreceiver.NewFactory,
		prometheusreceiver.NewFactory,
	)
	built.Processors, built.ProcessorModules, failed[1] = collect[processor.Factory](
		attributesprocessor.NewFactory,
		batchprocessor.NewFactory,
		cumulativetodeltaprocessor.NewFactory,
		deltatocumulativeprocessor.NewFactory,
		deltatorateprocessor.NewFactory,
		filterprocessor.NewFactory,
		groupbyattrsprocessor.NewFactory,
		groupbytraceprocessor.NewFactory,
		intervalprocessor.NewFactory,
		k8sattributesprocessor.NewFactory,
		logdedupprocessor.NewFactory,
		memorylimiterprocessor.NewFactory,
		metricsgenerationprocessor.NewFactory,
		metricstarttimeprocessor.NewFactory,
		metricstransformprocessor.NewFactory,
		probabilisticsamplerprocessor.NewFactory,
		redactionprocessor.NewFactory,
		resourcedetectionprocessor.NewFactory,
		resourceprocessor.NewFactory,
		spanprocessor.NewFactory,
		tailsamplingprocessor.NewFactory,
		transformprocessor.NewFactory,
	)
	built.Exporters, built.ExporterModules, failed[2] = collect[exporter.Factory](
		clickhouseexporter.NewFactory,
		debugexporter.NewFactory,
		nopexporter.NewFactory,
		otlpexporter.NewFactory,
		otlphttpexporter.NewFactory,
		prometheusremotewriteexporter.NewFactory,
	)
	built.Connectors, built.ConnectorModules, failed[3] = collect[connector.Factory](
		forwardconnector.NewFactory,
		routingconnector.NewFactory,
	)
	built.Extensions, built.ExtensionModules, failed[4] = collect[extension.Factory](
		bearertokenauthextension.NewFactory,
		filestorage.NewFactory,
		healthcheckextension.NewFactory,
		opampextension.NewFactory,
		pprofextension.NewFactory,
		zpagesextension.NewFactory,
	)
	return built, errors.Join(failed[:]...)
}

// collect calls the makers of one kind, which promise F or more, and tells the module of
// each.
func collect[F component.Factory](
	makers ...any,
) (map[component.Type]F, map[component.Type]string, error) {
	made := make([]F, len(makers))
	modules := make(map[component.Type]string, len(makers))
	for i, maker := range makers {
		function := reflect.ValueOf(maker)
		made[i] = function.Call(nil)[0].Interface().(F)
		name := runtime.FuncForPC(function.Pointer()).Name()
		modules[made[i].Type()] = moduleOf(name)
	}
	byType, err := otelcol.MakeFactoryMap(made...)
	return byType, modules, err
}

// moduleOf is the module and version that a function was compiled from.
func moduleOf(function string) string {
	info, _ := debug.ReadBuildInfo()
	for _, module := range info.Deps {
		// Each component is a module of its own, named like its package.
		if strings.HasPrefix(function, module.Path+".") {
			return module.Path + " " + module.Version
		}
	}
	return ""
}
