"""What a migration locks while the product is at work."""

from django.db.migrations.loader import MigrationLoader

BUSY = {"deadline", "alert", "recommendation"}  # read and written by the sweep, the letters and the banks
NEW = "0004"  # what came before made these tables


def ours() -> dict[str, object]:
    disk = MigrationLoader(None).disk_migrations
    return {name: found for (app, name), found in disk.items() if app == "lending" and name >= NEW}


def changed(migration) -> set[str]:
    names = {getattr(operation, "model_name", "").lower() for operation in migration.operations}
    return names & BUSY


def test_no_migration_holds_two_busy_tables_at_once():
    together = {name: changed(found) for name, found in ours().items() if found.atomic}
    assert {name: tables for name, tables in together.items() if len(tables) > 1} == {}


def test_the_indexes_that_figures_count_by_are_built_beside_the_running_work():
    one = ours()["0008_counted_by_index"]
    kinds = [type(operation).__name__ for operation in one.operations]
    assert (one.atomic, kinds) == (False, ["AddIndexConcurrently"] * 2)


def test_the_migrations_end_in_one():
    assert len(MigrationLoader(None).graph.leaf_nodes("lending")) == 1
