from agentopt_core.importing.survey import MAX_VALUES, OTHERS, Survey
from agentopt_core.tasks import Attachment, Task


def profile(*tasks):
    survey = Survey()
    for task in tasks:
        survey.add(task)
    return survey.profile()


def test_a_profile_counts_splits_levels_subjects_and_how_answers_are_compared():
    seen = profile(
        Task(id="a", question="1+1?", answer="2", level="1", subject="sums"),
        Task(id="b", question="Capital of France?", answer="Paris", level="2", subject="towns", split="test"),
        Task(id="c", question="And of Peru?", level="2", subject="towns", split="test"),
    )
    assert (seen.tasks, seen.scorable) == (3, 2)
    assert seen.splits == {"train": 1, "test": 2}
    assert seen.scorable_splits == {"train": 1, "test": 1}
    assert seen.levels == {"2": 2, "1": 1}
    assert seen.subjects == {"towns": 2, "sums": 1}
    assert seen.kinds == {"text": 2, "numeric": 1}


def test_a_question_in_two_splits_is_a_leak_whatever_its_case_space_and_punctuation():
    seen = profile(
        Task(id="a", question="How many  apples?", answer="2"),
        Task(id="b", question="how many apples", answer="2", split="test"),
        Task(id="c", question="How many pears?", answer="2"),
        Task(id="d", question="How many pears?", answer="2"),
    )
    assert (seen.repeated, seen.leaks) == (2, 1)
    leak, repeat = seen.repeats
    assert leak.is_leak
    assert leak.ids == ("a", "b")
    assert leak.splits == ("train", "test")
    assert not repeat.is_leak


def test_the_same_words_about_another_table_picture_or_choice_are_another_question():
    picture = {"media_type": "image/png", "bytes": 3}
    seen = profile(
        Task(id="a", question="What is the mean?", context="1 | 2"),
        Task(id="b", question="What is the mean?", context="1 | 3"),
        Task(id="c", question="What is the mean?", choices=("1", "2")),
        Task(id="d", question="What is the mean?", attachments=(Attachment(path="a.png", sha256="a", **picture),)),
        Task(id="e", question="What is the mean?", attachments=(Attachment(path="b.png", sha256="b", **picture),)),
    )
    assert seen.repeated == 0
    assert (seen.attachments, seen.attachment_bytes, seen.media) == (2, 6, {"image/png": 2})


def test_a_field_that_no_task_has_is_no_distribution():
    assert profile(Task(id="a", question="1?", answer="1")).levels == {}


def test_many_subjects_are_counted_together_beyond_the_commonest():
    seen = profile(*(Task(id=str(k), question=f"{k}?", answer="1", subject=f"s{k}") for k in range(MAX_VALUES + 5)))
    assert seen.subjects[OTHERS] == 5
    assert sum(seen.subjects.values()) == MAX_VALUES + 5
