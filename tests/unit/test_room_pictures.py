"""The pictures of the rooms: what their arrows are read from."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tools.pictures import rooms


@pytest.mark.parametrize("plan", [rooms.HOUSE, rooms.FRONT], ids=lambda plan: plan.title)
def test_every_room_is_where_the_picture_says(plan: rooms.Plan) -> None:
    paths = [rooms.ROOT / path for room in plan.rooms.values() for path in room.paths]

    assert [path for path in paths if not path.exists()] == []


def test_an_import_is_an_arrow_from_the_room_that_has_it() -> None:
    house = rooms.imports(rooms.HOUSE)

    assert ("stacks", "constructs_lib") in house
    assert ("falconry", "settings") in house
    assert [arrow for arrow in house if arrow[0] == "catalog" and arrow[1] != "shared"] == []


def test_an_arrow_that_follows_from_others_is_left_out() -> None:
    arrows = [("a", "b"), ("b", "c"), ("a", "c"), ("a", "d")]

    assert rooms.reduced(arrows) == [("a", "b"), ("a", "d"), ("b", "c")]


def test_a_walk_to_a_room_that_is_not_drawn_is_an_error() -> None:
    plan = replace(rooms.FRONT, walk=(("host", "cellar", "1"),))

    with pytest.raises(ValueError, match=r"walk.*not drawn: cellar"):
        rooms.dot(plan)


def test_the_gateway_functions_picture_shows_every_package() -> None:
    packages = {one.name for one in (rooms.ROOT / "lambda_src" / "chat").iterdir() if (one / "__init__.py").exists()}

    assert packages - rooms.FRONT.rooms.keys() == set()
