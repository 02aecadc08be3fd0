"""`adopt`: from inputs to the files of a fleet repo, with the proof that they hold.

The one entry of this room. Pure and deterministic: the same inputs in the same order
give the same bytes.
"""

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from reconciler.errors import Where
from reconciler.fleet.adoption import (
    comments,
    documents,
    labelling,
    layering,
    proof,
    readme,
    units,
)
from reconciler.fleet.adoption.adopted import Adopted
from reconciler.fleet.adoption.configs import Written
from reconciler.fleet.adoption.excerpts import Source
from reconciler.fleet.adoption.explanation import Explainer
from reconciler.fleet.adoption.labelling import Labels
from reconciler.fleet.adoption.layering import Inputs, Layer
from reconciler.fleet.adoption.lifting import Lifter, Variable
from reconciler.fleet.adoption.proof import Verdict
from reconciler.fleet.adoption.readme import Account
from reconciler.fleet.adoption.repository import Plan, Repository
from reconciler.fleet.adoption.units import Placed
from reconciler.fleet.documents import Fleet
from reconciler.fleet.reading import schemas
from reconciler.fleet.syntax.nodes import Scalar, Table


@dataclass(frozen=True, slots=True)
class Adoption:
    """What came out.

    Attributes:
        files: The fleet repo, by path.
        fleet: As it is read again.
        layers: Low priority to high, exceptions last.
        variables: Values that labels decide.
        verdicts: For every input, in order.
        lost: Comments that no file has any more, with their places.
    """

    files: Mapping[str, bytes]
    fleet: Fleet
    layers: tuple[Written, ...]
    variables: tuple[Variable, ...]
    verdicts: tuple[Verdict, ...]
    lost: tuple[tuple[Where, str], ...]

    @property
    def different(self) -> tuple[Verdict, ...]:
        """Inputs that do not come back as they were."""
        return tuple(one for one in self.verdicts if one.differences)

    @property
    def refused(self) -> tuple[Verdict, ...]:
        """Inputs that come back, but that agents are not given, for their faults."""
        return tuple(
            one for one in self.verdicts if one.refused and not one.differences
        )


def adopt(inputs: Sequence[Adopted], *, name: str) -> Adoption:
    """The fleet repo of some configs.

    Args:
        name: Of the fleet.
        inputs: At least one, with different names; the order decides between equals.
    """
    hosts = [one.labels for one in inputs]
    identities = labelling.identities(hosts)
    explainer = Explainer(hosts, labelling.telling(hosts))
    trees, variables = _lift([one.tree for one in inputs], explainer, hosts, identities)
    placed = units.explain(units.observe(trees), explainer)
    needed = frozenset(key for one in variables for key in one.keys)
    layers = layering.lay(Inputs(trees, hosts, identities), placed, needed)
    repository = Repository(
        Plan(
            name=name,
            inputs=inputs,
            identities=identities,
            sources=[Source(*pair) for pair in zip(inputs, trees, strict=True)],
            layers=layers,
            variables=variables,
            group_key=_group_key(layers, explainer.keys),
        )
    )
    fleet, verdicts = proof.prove(repository.files, inputs)
    lost = comments.lost(inputs, repository.files)
    account = Account(name, inputs, repository, variables, verdicts, lost)
    files = {
        **repository.files,
        "README.md": readme.write(account),
        schemas.FILE: documents.schema(),
    }
    return Adoption(files, fleet, repository.layers, variables, verdicts, lost)


def _lift(
    trees: Sequence[Table],
    explainer: Explainer,
    hosts: Sequence[Labels],
    identities: Sequence[Labels | None],
) -> tuple[Sequence[Table], tuple[Variable, ...]]:
    """The configs with variables, after a first look at what labels explain.

    A label by which whole components differ gets layers in any case, and they hold its
    single values as well. Variables are for the others.
    """
    places = units.observe(trees)
    explainer.rank(places.values())
    structural = {
        key
        for one in units.explain(places, explainer)
        for key in one.explanation.keys
        if _is_more_than_values(one)
    }
    single = [(key,) for key in explainer.keys if key not in structural]
    choices = [*single, *itertools.combinations(explainer.keys, 2)]
    lifter = Lifter(hosts, [bool(one) for one in identities], choices)
    return lifter.lift(trees), tuple(lifter.found)


def _is_more_than_values(placed: Placed) -> bool:
    settled = placed.explanation.settled.values()
    return not all(isinstance(node, Scalar) for node in settled)


def _group_key(layers: Sequence[Layer], keys: Sequence[str]) -> str | None:
    """The label to group by: the role, the environment, or what explains most."""
    used = {key for layer in layers for key in layer.keys}
    known = [
        *(key for key in labelling.ROLES if key in keys),
        *(key for key in labelling.ENVIRONMENTS if key in keys),
        *(key for key in keys if key in used),
    ]
    return next(iter(known), None)
