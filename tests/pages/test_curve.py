import pytest

from agentopt_core.views import Signs
from pages.components.curve import curve_chart, curve_table
from tests.pages.fakes import curve, share


def fields(part: object) -> set[str]:
    """Every column that a chart reads."""
    if isinstance(part, list):
        return set().union(*map(fields, part))
    if not isinstance(part, dict):
        return set()
    named = {part["field"]} if isinstance(part.get("field"), str) else set()
    return named.union(*map(fields, part.values()))


def test_one_chart_draws_every_curve_so_that_a_new_point_changes_its_data_alone():
    assert "data" not in str([layer.keys() for layer in curve_chart()["layer"]])
    for length in (1, 4):
        assert fields(curve_chart()) <= set(curve_table(curve(length), Signs()).columns)


def test_every_point_carries_its_interval_its_verdict_and_its_reason():
    table = curve_table(curve(), Signs())
    assert list(table["mark"]) == ["baseline", "kept", "rolled back", "kept"]
    assert (table["low"] < table["accuracy"]).all()
    assert (table["high"] > table["accuracy"]).all()
    assert table["reason"][2] == "20 of 40 does not beat 23 of 40."


def test_the_accepted_line_ignores_what_was_rolled_back():
    assert list(curve_table(curve(), Signs())["best"]) == pytest.approx([35.0, 57.5, 57.5, 92.5])


def test_kinds_of_points_differ_in_shape_as_well_as_in_colour():
    points = next(layer for layer in curve_chart()["layer"] if "shape" in layer["encoding"])
    shapes = points["encoding"]["shape"]["scale"]["range"]
    assert len(set(shapes[:4])) == 4


def test_an_unscored_evaluation_has_no_point():
    point = curve(1)[0]
    table = curve_table([point.with_(result=point.result.with_(correct=0, n=0, faults=40))], Signs())
    assert table["accuracy"].isna().all()


def test_noise_validation_and_ceiling_are_drawn_only_where_they_were_measured():
    bare = curve_table(curve(), Signs())
    assert bare[["noise_low", "val", "ceiling"]].isna().all(axis=None)
    known = [point.with_(validation=share(20)) for point in curve()]
    full = curve_table(known, Signs(again=(share(18),), ever_solved=share(38)))
    assert full["noise_low"][0] == pytest.approx(25.0)
    assert full["noise_high"][0] == pytest.approx(45.0)
    assert full["ceiling"][0] == pytest.approx(95.0)
    assert (full["val_low"] < full["val"]).all()
    assert (full["val"] < full["val_high"]).all()


def test_an_update_by_hand_is_marked_with_who_made_it():
    table = curve_table([curve()[0], curve()[1].with_(by="Ada")], Signs())
    assert list(table["by_hand"]) == [False, True]
    assert table["outcome"][1] == "kept, by hand of Ada"
