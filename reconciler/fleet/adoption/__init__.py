"""From the Collector configs that people have to a fleet repo that renders them.

Called by `reconciler import`: `adopted.read` for every input, then `adoption.adopt`.
Inputs are stripped of what a supervisor adds and laid side by side in the units that
people think in (a component, a pipeline). Every unit goes where it takes the fewest
lines: the base, a layer for a label, a layer for two, or an exception of one host. What
comes out is parsed and rendered again, and compared with every input.
"""
