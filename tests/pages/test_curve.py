import pytest

from agentopt_core.views import Signs
from pages.components.curve import accuracy_curve, curve_table
from tests.pages.fakes import curve


def specification(length):
    spec = accuracy_curve(curve(length), Signs()).to_dict()
    spec.pop("datasets")
    for layer in spec["layer"]:
        layer.pop("data", None)
    spec.pop("data", None)
    return spec


def test_a_new_point_changes_the_data_and_not_the_chart():
    assert specification(2) == specification(4)


def test_every_point_carries_its_interval_its_verdict_and_its_reason():
    table = curve_table(curve(), Signs())
    assert list(table["mark"]) == ["baseline", "kept", "rolled back", "kept"]
    assert (table["low"] < table["accuracy"]).all()
    assert (table["high"] > table["accuracy"]).all()
    assert table["reason"][2] == "20 of 40 does not beat 23 of 40."


def test_the_accepted_line_ignores_what_was_rolled_back():
    assert list(curve_table(curve(), Signs())["best"]) == pytest.approx([35.0, 57.5, 57.5, 92.5])


def test_kinds_of_points_differ_in_shape_as_well_as_in_colour():
    points = next(layer for layer in specification(4)["layer"] if "shape" in layer["encoding"])
    shapes = points["encoding"]["shape"]["scale"]["range"]
    assert len(set(shapes[:4])) == 4


def test_an_unscored_evaluation_has_no_point():
    point = curve(1)[0]
    table = curve_table([point.with_(result=point.result.with_(correct=0, n=0, faults=40))], Signs())
    assert table["accuracy"].isna().all()
