//! The tables of both databases, and the class of every column.

diesel::table! {
    use crate::store::backend::sql::*;

    accounts (id) {
        id -> Id,
        name -> Text,
        role -> Text,
        created_at -> Moment,
        state -> Text,
        passphrase_hash -> Nullable<Text>,
        totp_secret -> Nullable<Binary>,
        totp_steps -> Text,
        notice -> Nullable<Text>,
        factor_failures -> BigInt,
        factor_failed_at -> Nullable<Moment>,
        sign_ins_read_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    tokens (id) {
        id -> Id,
        account_id -> Id,
        hash -> Text,
        purpose -> Text,
        created_at -> Moment,
        expires_at -> Moment,
        revoked_at -> Nullable<Moment>,
        scopes -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    chain_head (id) {
        id -> Integer,
        write -> BigInt,
        written_at -> Moment,
        hash -> Text,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

    instance_marks (key) {
        key -> Text,
        value -> Text,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    records (id) {
        id -> Id,
        noun -> Text,
        code -> Text,
        created_at -> Moment,
        created_write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

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
        review_on -> Nullable<Date>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

    incident_sources (incident_id, write, position) {
        incident_id -> Id,
        write -> BigInt,
        position -> Integer,
        source_id -> Id,
        credence -> Text,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

    linkage_sources (linkage_id, write, position) {
        linkage_id -> Id,
        write -> BigInt,
        position -> Integer,
        source_id -> Id,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

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
    use crate::store::backend::sql::*;

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
        address -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    recovery_codes (account_id, hash) {
        account_id -> Id,
        hash -> Text,
        created_at -> Moment,
        used_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    enrolments (id) {
        id -> Id,
        account_id -> Id,
        hash -> Text,
        purpose -> Text,
        requested_by -> Id,
        needs_approval -> Bool,
        approved_by -> Nullable<Id>,
        totp_secret -> Nullable<Binary>,
        created_at -> Moment,
        expires_at -> Moment,
        used_at -> Nullable<Moment>,
        revoked_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    sessions (id) {
        id -> Id,
        account_id -> Id,
        hash -> Text,
        created_at -> Moment,
        seen_at -> Moment,
        expires_at -> Moment,
        revoked_at -> Nullable<Moment>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    devices (id) {
        id -> Id,
        account_id -> Id,
        hash -> Text,
        created_at -> Moment,
        expires_at -> Moment,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    sign_in_attempts (key) {
        key -> Text,
        failures -> BigInt,
        last_at -> Moment,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    sign_ins (id) {
        id -> Id,
        account_id -> Id,
        outcome -> Text,
        known_browser -> Bool,
        times -> BigInt,
        first_at -> Moment,
        last_at -> Moment,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    data_keys (subject_id) {
        subject_id -> Id,
        master_id -> Text,
        wrapped -> Binary,
        created_write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    personal_texts (record_id, field, write) {
        record_id -> Id,
        field -> Text,
        write -> BigInt,
        superseded_by -> Nullable<BigInt>,
        subject_id -> Id,
        ciphertext -> Nullable<Binary>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    person_seals (person_id, write) {
        person_id -> Id,
        write -> BigInt,
        superseded_by -> Nullable<BigInt>,
        sealed -> Bool,
        reason -> Text,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    person_seal_accounts (person_id, write, account_id) {
        person_id -> Id,
        write -> BigInt,
        account_id -> Id,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    erasures (record_id) {
        record_id -> Id,
        noun -> Text,
        created_write -> BigInt,
        write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    erased_answers (figure_id, write) {
        figure_id -> Id,
        write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    consent_versions (record_id, write) {
        record_id -> Id,
        write -> BigInt,
        known_on -> Date,
        state -> Text,
        reason -> Nullable<Text>,
        superseded_by -> Nullable<BigInt>,
        person_id -> Id,
        purpose -> Text,
        decision -> Text,
        manner -> Text,
        decided_on -> Date,
        ends_on -> Nullable<Date>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    releases (id) {
        id -> Id,
        code -> Text,
        state -> Text,
        declaration -> Text,
        content -> Text,
        content_hash -> Text,
        plan -> Text,
        signatures_required -> Integer,
        prepared_by -> Id,
        prepared_at -> Moment,
        prepared_write -> BigInt,
        published_at -> Nullable<Moment>,
        published_write -> Nullable<BigInt>,
        signature -> Nullable<Text>,
        public_key -> Nullable<Text>,
        checkpoint -> Nullable<Text>,
        notice -> Nullable<Text>,
        withdrawn_at -> Nullable<Moment>,
        withdrawal_reason -> Nullable<Text>,
        changed_write -> BigInt,
        told -> Nullable<Text>,
        digest -> Nullable<Text>,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    list_declarations (id) {
        id -> Id,
        dimension -> Text,
        state -> Text,
        codes -> Text,
        broader -> Text,
        unknown -> Bool,
        signatures_required -> Integer,
        proposed_by -> Id,
        proposed_at -> Moment,
        proposed_write -> BigInt,
        in_force_write -> Nullable<BigInt>,
        changed_write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    list_signatures (declaration_id, account_id) {
        declaration_id -> Id,
        account_id -> Id,
        signed_at -> Moment,
        write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    release_signatures (release_id, account_id) {
        release_id -> Id,
        account_id -> Id,
        signed_at -> Moment,
        write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    figure_confirmations (figure_id, version, account_id) {
        figure_id -> Id,
        version -> BigInt,
        account_id -> Id,
        confirmed_at -> Moment,
        write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    seal_requests (person_id, seal_write, listed_id, requested_by) {
        person_id -> Id,
        seal_write -> BigInt,
        listed_id -> Id,
        requested_by -> Id,
        reason -> Text,
        requested_at -> Moment,
        write -> BigInt,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    notices (account_id, write, kind, record_id) {
        account_id -> Id,
        write -> BigInt,
        kind -> Text,
        noun -> Text,
        record_id -> Id,
        other_noun -> Nullable<Text>,
        other_id -> Nullable<Id>,
        told_at -> Moment,
    }
}

diesel::table! {
    use crate::store::backend::sql::*;

    jobs (id) {
        id -> Id,
        kind -> Text,
        account_id -> Id,
        scopes -> Nullable<Text>,
        state -> Text,
        requested_at -> Moment,
        started_at -> Nullable<Moment>,
        finished_at -> Nullable<Moment>,
        holder -> Nullable<Text>,
        lease_until -> Nullable<Moment>,
        attempt -> BigInt,
        done -> BigInt,
        total -> Nullable<BigInt>,
        cancel_requested -> Bool,
        parameters -> Text,
        payload -> Nullable<Binary>,
        payload_until -> Nullable<Moment>,
        result -> Nullable<Text>,
        problem -> Nullable<Text>,
        key -> Nullable<Text>,
        request_hash -> Nullable<Text>,
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
    recovery_codes,
    enrolments,
    sessions,
    devices,
    sign_in_attempts,
    sign_ins,
    data_keys,
    personal_texts,
    person_seals,
    person_seal_accounts,
    erasures,
    erased_answers,
    consent_versions,
    releases,
    release_signatures,
    list_declarations,
    list_signatures,
    figure_confirmations,
    seal_requests,
    notices,
    jobs,
);
