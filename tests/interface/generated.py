"""Drives a client that was generated from the OpenAPI document: what it cannot read, it raises.

Called with the folder of the client, the server's address, and the tokens of a caseworker and of a researcher.
"""

import sys

folder, address, caseworker, researcher = sys.argv[1:]
sys.path.insert(0, folder)

from attest_client import AuthenticatedClient, Client  # noqa: E402
from attest_client.api.incidents import create_incident, list_incidents  # noqa: E402
from attest_client.api.persons import correct_person, create_person, get_person, history_of_person  # noqa: E402
from attest_client.api.persons import list_persons, withdraw_person  # noqa: E402
from attest_client.api.public import list_published_figures, list_releases, read_series  # noqa: E402
from attest_client.api.research import read_aggregates, read_reconciliation  # noqa: E402
from attest_client.models import (  # noqa: E402
    IncidentEntry,
    InvolvementEntry,
    PersonCorrection,
    PersonEntry,
    Problem,
    RecordState,
    Why,
)

TIMEOUT = 60.0


def by(token):
    return AuthenticatedClient(base_url=address, token=token, raise_on_unexpected_status=True, timeout=TIMEOUT)


def expect(response, status):
    assert response.status_code == status, (response.status_code, response.content)
    return response.parsed


def count(**question):
    """What a researcher is told: the number of the grand total."""
    answer = expect(read_aggregates.sync_detailed(client=research, **question), 200)
    total = [row for row in answer.rows if set(row.additional_properties.values()) <= {"_T"}]
    assert len(total) == 1, answer
    assert isinstance(total[0].count, int), total
    return total[0].count


staff, research = by(caseworker), by(researcher)

# Lists, with every page of them.
first = expect(list_persons.sync_detailed(client=staff, limit=200), 200)
assert len(first.items) == 122 and all(item.status == RecordState.ACTIVE for item in first.items)
assert len(expect(list_incidents.sync_detailed(client=staff, limit=200, kind="evacuation"), 200).items) == 114

# Counts before and after.
before, evacuated = count(), count(kind="evacuation")
assert (before, evacuated) == (122, 114), (before, evacuated)

# Creates, twice with one key, so that it is there once.
entry = PersonEntry(ground="threatened_by_relatives", origin="RU-CE", name="Somebody")
key = "one key for one person".replace(" ", "-")
made = create_person.sync_detailed(client=staff, body=entry, idempotency_key=key)
person = expect(made, 201)
again = expect(create_person.sync_detailed(client=staff, body=entry, idempotency_key=key), 201)
assert (again.id, again.version) == (person.id, person.version)
involved = InvolvementEntry(role="perpetrator", actor="relatives")
incident = IncidentEntry(person=person.code, kind="threat", date="2026-10~", involvements=[involved])
assert expect(create_incident.sync_detailed(client=staff, body=incident), 201).kind == "threat"
assert (count(), count(kind="evacuation")) == (before + 1, evacuated)

# Corrects what was read, and nothing that has changed since.
read = get_person.sync_detailed(person.id, client=staff)
tag = read.headers["ETag"]
change = PersonCorrection(reason="second interview", sex="F")
corrected = correct_person.sync_detailed(person.id, client=staff, body=change, if_match=tag)
assert expect(corrected, 200).sex == "F"
late = correct_person.sync_detailed(person.id, client=staff, body=change, if_match=tag)
assert isinstance(expect(late, 412), Problem), late
assert len(expect(history_of_person.sync_detailed(person.id, client=staff), 200).items) == 2

# A mistake is a problem that names its field.
wrong = expect(create_person.sync_detailed(client=staff, body=PersonEntry(ground="grond")), 422)
assert [error.field for error in wrong.errors] == ["ground"], wrong

# Withdrawn, it is no longer counted.
tag = corrected.headers["ETag"]
withdrawn = withdraw_person.sync_detailed(person.id, client=staff, body=Why(reason="entered twice"), if_match=tag)
assert expect(withdrawn, 200).status == RecordState.WITHDRAWN
assert count() == before

# What the figures say, to researchers and to anybody.
figures = expect(read_reconciliation.sync_detailed(client=research), 200).figures
assert any(figure.published.value == 114 for figure in figures), figures
anybody = Client(base_url=address, raise_on_unexpected_status=True, timeout=TIMEOUT)
assert expect(list_published_figures.sync_detailed(client=anybody), 200).items
assert expect(read_series.sync_detailed(client=anybody), 200).series
assert expect(list_releases.sync_detailed(client=anybody), 200).items == []

print("listed, created, corrected and counted")
