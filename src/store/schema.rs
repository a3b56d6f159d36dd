//! The tables of both databases, and the class of every column.

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    accounts (id) {
        id -> Id,
        name -> Text,
        role -> Text,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    tokens (id) {
        id -> Id,
        account_id -> Id,
        hash -> Text,
        purpose -> Text,
        created_at -> Moment,
        expires_at -> Moment,
        revoked_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    chain_head (id) {
        id -> Integer,
        write -> BigInt,
        written_at -> Moment,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    audit_entries (write) {
        write -> BigInt,
        written_at -> Moment,
        account_id -> Id,
        action -> Text,
        details -> Text,
        algorithm -> Text,
        key_id -> Nullable<Text>,
        previous_hash -> Text,
        hash -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    idempotency_keys (account_id, key) {
        account_id -> Id,
        key -> Text,
        request_hash -> Text,
        record_id -> Id,
        write -> BigInt,
        created_at -> Moment,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    instance_marks (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    records (id) {
        id -> Id,
        noun -> Text,
        code -> Text,
        created_at -> Moment,
        created_write -> BigInt,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    term_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        vocabulary -> Text,
        term -> Text,
        broader -> Nullable<Text>,
        family -> Nullable<Text>,
        crosswalk -> Nullable<Text>,
        texts -> Json,
        replaced_by -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    event_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        name -> Text,
        date -> Text,
        earliest -> Date,
        latest -> Date,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    source_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        kind -> Text,
        reliability -> Text,
        publication_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    person_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        owner_id -> Id,
        ground -> Text,
        ground_figure_id -> Nullable<Id>,
        origin -> Text,
        sex -> Text,
        age_group -> Text,
        basis -> Text,
        figure_id -> Nullable<Id>,
        source_system -> Nullable<Text>,
        external_id -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    incident_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        person_id -> Id,
        kind -> Text,
        date -> Text,
        earliest -> Date,
        latest -> Date,
        year -> Text,
        quarter -> Text,
        month -> Text,
        place -> Text,
        destination -> Text,
        event_id -> Nullable<Id>,
        basis -> Text,
        figure_id -> Nullable<Id>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    involvements (incident_id, write, position) {
        incident_id -> Id,
        write -> BigInt,
        position -> Integer,
        role -> Text,
        actor -> Text,
        degree -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    incident_sources (incident_id, write, position) {
        incident_id -> Id,
        write -> BigInt,
        position -> Integer,
        source_id -> Id,
        credence -> Text,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    linkage_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        person_id -> Id,
        canonical_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    linkage_sources (linkage_id, write, position) {
        linkage_id -> Id,
        write -> BigInt,
        position -> Integer,
        source_id -> Id,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    publication_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        published_on -> Date,
        publisher -> Text,
        address -> Text,
        visibility -> Text,
        note -> Nullable<Text>,
    }
}

diesel::table! {
    use diesel::sql_types::{BigInt, Date, Integer, Nullable, Text};
    use crate::store::backend::{Id, Json, Moment};

    figure_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        publication_id -> Id,
        name -> Text,
        measure -> Text,
        population -> Text,
        region -> Text,
        value -> BigInt,
        qualifier -> Text,
        as_of -> Date,
        period_start -> Nullable<Date>,
        relation -> Nullable<Text>,
        parent_id -> Nullable<Id>,
        breakdown -> Nullable<Text>,
        query -> Nullable<Text>,
        visibility -> Text,
        note -> Nullable<Text>,
        definition -> Text,
        at_write -> Nullable<BigInt>,
    }
}

diesel::allow_tables_to_appear_in_same_query!(
    accounts,
    tokens,
    chain_head,
    audit_entries,
    idempotency_keys,
    instance_marks,
    records,
    term_versions,
    event_versions,
    source_versions,
    person_versions,
    incident_versions,
    involvements,
    incident_sources,
    linkage_versions,
    linkage_sources,
    publication_versions,
    figure_versions,
);
