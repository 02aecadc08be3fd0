from reconciler.fleet.memory import Memory


class Asked:
    """Work that counts how often it is done."""

    def __init__(self) -> None:
        self.times = 0

    def __call__(self) -> int:
        self.times += 1
        return self.times


def test_an_answer_about_the_same_things_is_worked_out_once() -> None:
    memory, work, thing = Memory(), Asked(), object()
    assert memory.of((thing,), "size", work) == 1
    assert memory.of((thing,), "size", work) == 1
    assert work.times == 1


def test_other_things_and_other_questions_have_answers_of_their_own() -> None:
    memory, work, thing = Memory(), Asked(), object()
    memory.of((thing,), "size", work)
    memory.of((object(),), "size", work)
    memory.of((thing,), "weight", work)
    memory.of((thing, thing), "size", work)
    assert work.times == 4


def test_equal_things_that_are_not_the_same_are_asked_about_again() -> None:
    memory, work = Memory(), Asked()
    memory.of(([1],), "size", work)
    memory.of(([1],), "size", work)
    assert work.times == 2


def test_an_answer_outlives_a_turn_when_somebody_asks_for_it() -> None:
    memory, work, thing = Memory(), Asked(), object()
    for _ in range(4):
        memory.turn("main")
        memory.of((thing,), "size", work)
    assert work.times == 1


def test_what_nobody_asked_for_in_a_turn_is_forgotten() -> None:
    memory, work, thing = Memory(), Asked(), object()
    memory.turn("main")
    memory.of((thing,), "size", work)
    memory.turn("main")
    memory.turn("main")
    memory.of((thing,), "size", work)
    assert work.times == 2


def test_answers_of_another_context_do_not_count() -> None:
    memory, work, thing = Memory(), Asked(), object()
    memory.turn("main")
    memory.of((thing,), "size", work)
    memory.turn("other")
    memory.of((thing,), "size", work)
    assert work.times == 2
