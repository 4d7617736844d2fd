"""Users for programs: each has a role of its own, which holds what it was told to hold and nothing else.

Who is one of them is told by the address, which no person has: users and roles that people made are never touched.
"""

import difflib
import sys

DOMAIN = "@service-users.invalid"


def role_name(name):
    """The role of a service user; no other user should have it."""
    return f"service user {name}"


def set_service_users(manager, wanted, passwords):
    """Make service users be what is wanted: name -> {resource: [action]}, with `passwords` by name.

    Ends the process with one line, before anything is changed, if a permission does not exist or a name is somebody else's.
    A service user that is not wanted any more is kept for what it did, without role and without a way to log in.
    """
    for name, permissions in wanted.items():
        if problem := name_taken(manager, name) or unknown_permission(manager, permissions):
            sys.exit(f"service user {name}: {problem}")
    for name, permissions in wanted.items():
        role = set_role(manager, role_name(name), permissions)
        set_user(manager, name, role, passwords[name])
        print(f"service user {name} may: {in_words(permissions)}")
    for user in manager.get_all_users():
        if user.email.endswith(DOMAIN) and user.username not in wanted:
            retire(manager, user)


def name_taken(manager, name):
    """Why the name cannot be used; empty when it can."""
    user = manager.find_user(name)
    if user is None or user.email.endswith(DOMAIN):
        return ""
    return "a person's user has this name: give the service user another in serviceUsers, or delete that one"


def unknown_permission(manager, permissions):
    """What is wrong with the first permission that Airflow does not have; empty when it has all.

    Those of a single DAG are made when they are first given: the DAG may be one that is not known yet.
    """
    known = {}
    for action, resource in manager.get_all_permissions():
        known.setdefault(resource, set()).add(action)
    for resource, actions in permissions.items():
        possible = of_a_dag(manager, resource) or known.get(resource)
        if not possible:
            near = difflib.get_close_matches(resource, known, n=1)
            return f"there is no resource {resource!r}" + (f": did you mean {near[0]!r}?" if near else "")
        if wrong := sorted(set(actions) - possible):
            return f"{resource!r} has no action {wrong[0]}, only {', '.join(sorted(possible))}"
    return ""


def of_a_dag(manager, resource):
    """The actions that a resource such as `DAG:load_orders` has; none for a resource of another kind."""
    for details in manager.RESOURCE_DETAILS_MAP.values():
        if resource.startswith(details["prefix"]) and resource != details["prefix"]:
            return set(details["actions"])
    return set()


def set_role(manager, name, permissions):
    """The role with these permissions and no others: Airflow itself adds one to every role that it does not know."""
    role = manager.add_role(name)
    role.permissions = [manager.create_permission(action, resource) for resource, actions in permissions.items() for action in actions]
    manager.session.commit()
    return role


def set_user(manager, name, role, password):
    """Make the user, or give it back the role, the password and the right to log in."""
    from werkzeug.security import check_password_hash

    user = manager.find_user(name)
    if user is None:
        manager.add_user(name, "Service user", name, name + DOMAIN, role, password=password)
        return
    user.roles, user.active = [role], True
    manager.session.commit()
    if not check_password_hash(user.password, password) and not manager.reset_password(user.id, password):
        sys.exit(f"service user {name}: the password could not be set")


def retire(manager, user):
    """Take away all that the user may do."""
    if manager.find_role(role_name(user.username)):
        manager.delete_role(role_name(user.username))
    if user.active:
        user.roles, user.active = [], False
        manager.session.commit()
        print(f"service user {user.username} is not in the values any more: it can no longer log in")


def in_words(permissions):
    """Permissions as one line for the log."""
    return "; ".join(f"{resource}: {', '.join(actions)}" for resource, actions in permissions.items())
