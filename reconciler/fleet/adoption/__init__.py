"""From the Collector configs that people have to a fleet repo that renders them.

Called by `reconciler import`, through `adoption.py` alone. Inputs with their labels are
stripped of what a supervisor adds, split into units (a component, a pipeline), and every
unit goes where it needs the fewest lines: the base, a layer for a label, a layer for
two, or an exception of one host. What comes out is parsed and rendered again, and
compared with every input.
"""
