"""Users for programs, as the migration Job makes them in a real database."""

from __future__ import annotations

from airflow_platform import LINEAGE, Platform

PERMISSIONS = """
    select action.name, resource.name
    from ab_user
    join ab_user_role on ab_user_role.user_id = ab_user.id
    join ab_permission_view_role as held on held.role_id = ab_user_role.role_id
    join ab_permission_view on ab_permission_view.id = held.permission_view_id
    join ab_permission as action on action.id = ab_permission_view.permission_id
    join ab_view_menu as resource on resource.id = ab_permission_view.view_menu_id
    where ab_user.username = %s
"""


def permissions(platform: Platform, user: str) -> set[tuple[str, str]]:
    """(action, resource) of all that a user may do, through whatever role."""
    return {(action, resource) for action, resource in platform.query(PERMISSIONS, user)}


def has_password(platform: Platform, user: str, password: str) -> bool:
    from werkzeug.security import check_password_hash

    [(found,)] = platform.query("select password from ab_user where username = %s", user)
    return check_password_hash(found, password)


def test_the_migration_makes_a_service_user_that_may_do_what_the_values_say_and_nothing_else(platform: Platform) -> None:
    assert permissions(platform, "lineage") == {("can_read", "Assets"), ("can_create", "Assets"), ("can_read", "DAG:load_orders")}
    assert has_password(platform, "lineage", "first")
    assert len(permissions(platform, "admin")) > 100


def test_what_is_taken_out_of_the_values_is_taken_away(platform: Platform) -> None:
    assert platform.set_service_users({"lineage": LINEAGE}, {"lineage": {"Assets": ["can_read"]}}, password="second") == ["", ""]
    assert permissions(platform, "lineage") == {("can_read", "Assets")}
    assert has_password(platform, "lineage", "second")


def test_a_user_that_is_taken_out_cannot_log_in_until_it_comes_back(platform: Platform) -> None:
    active = "select active from ab_user where username = %s"
    platform.set_service_users({"lineage": LINEAGE}, {})
    assert platform.query(active, "lineage") == [(False,)]
    assert permissions(platform, "lineage") == set()
    assert platform.query("select count(*) from ab_role where name = 'service user lineage'") == [(0,)]
    assert platform.query(active, "admin") == [(True,)]
    platform.set_service_users({"lineage": LINEAGE})
    assert platform.query(active, "lineage") == [(True,)]
    assert len(permissions(platform, "lineage")) == 3


def test_a_permission_that_does_not_exist_is_named_and_changes_nothing(platform: Platform) -> None:
    wrong = {
        "Asset": "there is no resource 'Asset': did you mean 'Assets'?",
        "Asset Aliases": "'Asset Aliases' has no action can_edit, only can_read",
        "DAG:load_orders": "'DAG:load_orders' has no action menu_access, only can_delete, can_edit, can_read",
        "DAG:": "there is no resource 'DAG:': did you mean 'DAGs'?",
    }
    attempts = [{"other": {"Pools": ["can_read"]}, "lineage": {name: ["can_read", "can_edit", "menu_access"]}} for name in wrong]
    refusals = platform.set_service_users({"lineage": {"Assets": ["can_read"]}}, *attempts)
    assert refusals == ["", *(f"service user lineage: {words}" for words in wrong.values())]
    assert permissions(platform, "lineage") == {("can_read", "Assets")}
    assert platform.query("select count(*) from ab_user where username = 'other'") == [(0,)]


def test_a_person_with_that_name_is_left_alone(platform: Platform) -> None:
    before = permissions(platform, "admin")
    [refusal] = platform.set_service_users({"admin": LINEAGE})
    assert refusal.startswith("service user admin: a person's user has this name")
    assert (permissions(platform, "admin"), has_password(platform, "admin", "secret")) == (before, True)
