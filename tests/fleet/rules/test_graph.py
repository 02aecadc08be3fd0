import time

import pytest

from reconciler.fleet.catalogue.model import Component
from reconciler.fleet.rules import graph
from reconciler.fleet.rules.subject import Basis, Subject
from tests.fleet.rules.subjects import NOTHING, catalogue_of, lines, subject_of

SAME = frozenset((one, one) for one in ("traces", "metrics", "logs"))
KNOWN = catalogue_of(
    Component("receivers", "otlp", signals=frozenset({"traces", "logs"})),
    Component("receivers", "mystery"),
    Component("exporters", "debug", signals=frozenset({"traces", "metrics", "logs"})),
    Component(
        "exporters", "otlp_grpc", frozenset({"traces"}), aliases=frozenset({"otlp"})
    ),
    Component("connectors", "forward", pairs=SAME),
    Component("connectors", "count", pairs=frozenset({("traces", "metrics")})),
)


def config(*pipelines: str) -> str:
    body = "".join(f"    {pipeline}\n" for pipeline in pipelines)
    return (
        "receivers: {otlp: , mystery: }\nexporters: {debug: , otlp: }\n"
        "connectors: {forward: , forward/b: , count: , unheard_of: }\n"
        f"service:\n  pipelines:\n{body}"
    )


def checked(*pipelines: str, basis: Basis = Basis.ASSUMED) -> list[str]:
    return lines(graph.check, subject_of(config(*pipelines), KNOWN, basis=basis))


def signals(*pipelines: str, basis: Basis = Basis.ASSUMED) -> list[str]:
    return lines(graph.signals, subject_of(config(*pipelines), KNOWN, basis=basis))


class TestOneSided:
    def test_a_connector_with_both_sides_is_fine(self) -> None:
        assert not checked(
            "traces: {receivers: [otlp], exporters: [forward]}",
            "traces/b: {receivers: [forward], exporters: [debug]}",
        )

    def test_one_that_only_takes_stands_at_every_place_it_does(self) -> None:
        text = config(
            "traces: {receivers: [otlp], exporters: [forward]}",
            "logs: {receivers: [otlp], exporters: [debug, forward]}",
        )
        (found,) = graph.check(subject_of(text))
        assert found.rule == "E014"
        assert found.message == (
            "connector `forward` is an exporter of `traces`, `logs`, and the receiver "
            "of none"
        )
        assert (
            found.hint == "name it under `receivers` of the pipeline at its other end"
        )
        assert (found.where.line, [one.line for one in found.also]) == (6, [7])

    def test_one_that_only_gives_is_told_the_other_way_round(self) -> None:
        assert checked("traces: {receivers: [forward], exporters: [debug]}") == [
            (
                "c.yaml:6:26: error E014: connector `forward` is a receiver of "
                "`traces`, and the exporter of none"
            )
        ]

    @pytest.mark.parametrize(
        "pipeline",
        [
            "logs: {receivers: '${env:RECEIVERS}', exporters: [debug]}",
            "logs: {receivers: ['${env:RECEIVER}'], exporters: [debug]}",
            "logs: '${file:logs.yaml}'",
        ],
    )
    def test_the_other_side_may_be_where_only_the_agent_sees(
        self, pipeline: str
    ) -> None:
        first = "traces: {receivers: [otlp], exporters: [forward]}"
        assert not checked(first, pipeline)
        assert not signals(first, pipeline)

    def test_processors_that_the_agent_fills_in_hide_no_connector(self) -> None:
        assert checked(
            "traces: {receivers: [otlp], processors: '${env:P}', exporters: [forward]}"
        )

    def test_a_pipeline_of_no_signal_is_told_elsewhere(self) -> None:
        assert not checked("trace: {receivers: [otlp], exporters: [forward]}")


class TestPairs:
    def test_a_connector_leads_only_between_the_signals_it_is_made_for(self) -> None:
        assert signals(
            "traces: {receivers: [otlp], exporters: [forward]}",
            "logs: {receivers: [forward], exporters: [debug]}",
        ) == [
            (
                "c.yaml:6:45: error E014: connector `forward` is an exporter of "
                "`traces`, and the receiver of no pipeline to which that could lead"
            ),
            (
                "c.yaml:7:24: error E014: connector `forward` is a receiver of `logs`, "
                "and the exporter of no pipeline to which that could lead"
            ),
        ]

    def test_a_use_is_fine_as_soon_as_one_pipeline_fits(self) -> None:
        assert not signals(
            "traces: {receivers: [otlp], exporters: [count, forward]}",
            "traces/b: {receivers: [forward], exporters: [debug]}",
            "metrics: {receivers: [count], exporters: [debug]}",
        )

    def test_one_use_too_many_is_told_alone(self) -> None:
        text = config(
            "traces: {receivers: [otlp], exporters: [count]}",
            "logs: {receivers: [otlp], exporters: [count]}",
            "metrics: {receivers: [count], exporters: [debug]}",
        )
        (found,) = graph.signals(subject_of(text, KNOWN))
        assert (found.where.line, found.hint) == (7, "it leads traces to metrics")

    def test_where_nothing_is_known_of_the_agents_it_is_a_warning(self) -> None:
        found = signals(
            "traces: {receivers: [otlp], exporters: [forward]}",
            "logs: {receivers: [forward], exporters: [debug]}",
            basis=Basis.GUESSED,
        )
        assert ["warning E014" in one for one in found] == [True, True]

    def test_of_a_connector_nobody_knows_nothing_is_said(self) -> None:
        assert not signals(
            "traces: {receivers: [otlp], exporters: [unheard_of]}",
            "metrics: {receivers: [unheard_of], exporters: [debug]}",
        )


class TestCircles:
    CIRCLE = (
        "traces/a: {receivers: [otlp, forward/b], exporters: [forward, debug]}",
        "traces/b: {receivers: [forward], exporters: [forward/b]}",
    )

    @pytest.mark.parametrize("basis", Basis)
    def test_a_circle_is_shown_as_a_path_with_the_line_of_each_step(
        self, basis: Basis
    ) -> None:
        text = config(*self.CIRCLE)
        (found,) = graph.check(subject_of(text, KNOWN, basis=basis))
        assert (found.rule, found.severity) == ("E015", "error")
        assert found.message == (
            "data would go in a circle: `traces/a` -> `forward` -> `traces/b` -> "
            "`forward/b` -> `traces/a`"
        )
        places = [(one.line, one.column) for one in (found.where, *found.also)]
        assert places == [(6, 58), (7, 28), (7, 50), (6, 34)]

    def test_a_pipeline_that_feeds_itself_is_a_circle(self) -> None:
        (line,) = checked("logs: {receivers: [otlp, forward], exporters: [forward]}")
        assert line.endswith("circle: `logs` -> `forward` -> `logs`")

    def test_signals_that_a_connector_does_not_lead_to_close_no_circle(self) -> None:
        pipelines = (
            "traces: {receivers: [otlp, forward/b], exporters: [forward]}",
            "logs: {receivers: [otlp, forward], exporters: [forward/b]}",
            "traces/b: {receivers: [forward], exporters: [debug]}",
            "logs/b: {receivers: [forward/b], exporters: [debug]}",
        )
        assert not checked(*pipelines)

    def test_without_knowledge_a_circle_must_be_beyond_doubt(self) -> None:
        pipelines = (
            "traces: {receivers: [otlp, forward], exporters: [forward]}",
            "logs: {receivers: [forward], exporters: [forward]}",
        )
        assert checked(*pipelines)
        assert not checked(*pipelines, basis=Basis.GUESSED)


class TestSignals:
    def test_a_component_is_told_where_a_pipeline_names_it(self) -> None:
        text = config("metrics: {receivers: [otlp], exporters: [debug]}")
        (found,) = graph.signals(subject_of(text, KNOWN))
        assert found.rule == "E016"
        assert found.message == "receiver `otlp` does not support metrics"
        assert found.hint == (
            "it supports logs, traces; name it in a pipeline of that signal"
        )
        assert (found.where.line, found.also[0].line) == (6, 1)

    def test_an_alias_is_the_component_it_stands_for(self) -> None:
        (line,) = signals("logs: {receivers: [otlp], exporters: [otlp]}")
        assert "exporter `otlp` does not support logs" in line

    @pytest.mark.parametrize(
        "pipeline",
        [
            "traces: {receivers: [mystery], exporters: [debug]}",
            "traces: {receivers: [nowhere], exporters: [debug]}",
            "events: {receivers: [otlp], exporters: [debug]}",
        ],
    )
    def test_what_is_unknown_is_not_blamed(self, pipeline: str) -> None:
        assert not signals(pipeline)

    def test_of_agents_nothing_is_known_of_it_is_a_warning(self) -> None:
        (line,) = signals(
            "metrics: {receivers: [otlp], exporters: [debug]}", basis=Basis.GUESSED
        )
        assert "warning E016" in line


def large(pipelines: int) -> Subject:
    """Every pipeline feeds every other through one connector, in one great circle."""
    both = "{receivers: [forward], exporters: [forward]}"
    text = config(*(f"traces/{number}: {both}" for number in range(pipelines)))
    return subject_of(text, NOTHING)


def test_a_graph_of_many_pipelines_is_walked_at_once() -> None:
    started = time.process_time()
    (found,) = graph.check(large(4_000))
    assert found.rule == "E015"
    assert time.process_time() - started < 3
