"""Kind `Distribution`: which components the agents a selector picks have.

    selector: {matchLabels: {service.name: otelcol-acme}}
    components: otelcol-acme.components.yaml

The file is what `otelcol components` of that very build printed.
"""

from reconciler.fleet.catalogue import components_output
from reconciler.fleet.documents import DistributionDocument
from reconciler.fleet.findings import Fault
from reconciler.fleet.reading.kinds.document import Document


def read(document: Document) -> DistributionDocument | None:
    """A distribution; None without a name, selector or list that could be used."""
    spec = document.spec(("selector", "priority", "components"))
    selector = document.select(spec)
    priority = spec.integer("priority", 0)
    if not spec.require("components", components_output.HOW):
        return None
    name, where = spec.text("components"), spec.value_place("components")
    try:
        file = document.files.named(name, where)
        distribution = components_output.read(file.content, file.path)
    except Fault as fault:
        document.report.add(*fault.findings)
        return None
    if not document.name or selector is None:
        return None
    return DistributionDocument(
        document.name, document.where, selector, priority, distribution
    )
