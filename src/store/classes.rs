//! The class of every column. A test holds this list against the live schema of both databases, so that no column is
//! added without somebody saying who may see it.

/// Who may see what a column holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Class {
    /// Codes, dates and numbers: staff who may see the record, and counted for researchers.
    Coded,
    /// What Attest keeps for itself, and words about the work that name nobody.
    Internal,
    /// Text about a person, or who a source is: encrypted before it reaches the database.
    Personal,
}

/// The columns of a table by class.
#[derive(Debug)]
pub struct Table {
    pub name: &'static str,
    pub coded: &'static [&'static str],
    pub internal: &'static [&'static str],
    pub personal: &'static [&'static str],
}

impl Table {
    /// Every column with its class.
    pub fn columns(&self) -> impl Iterator<Item = (&'static str, Class)> {
        let of = |columns: &'static [&'static str], class| columns.iter().map(move |column| (*column, class));
        of(self.coded, Class::Coded).chain(of(self.internal, Class::Internal)).chain(of(self.personal, Class::Personal))
    }
}

macro_rules! tables {
    ($($name:ident { coded: [$($coded:ident),*], internal: [$($internal:ident),*]$(, personal: [$($personal:ident),*])? })*) => {
        &[$(Table {
            name: stringify!($name),
            coded: &[$(stringify!($coded)),*],
            internal: &[$(stringify!($internal)),*],
            personal: &[$($(stringify!($personal)),*)?],
        }),*]
    };
}

/// Every table.
pub const TABLES: &[Table] = tables! {
    accounts {
        coded: [],
        internal: [id, name, role, created_at, state, passphrase_hash, totp_secret, totp_steps, notice, factor_failures, factor_failed_at, sign_ins_read_at]
    }
    tokens {
        coded: [],
        internal: [id, account_id, hash, purpose, created_at, expires_at, revoked_at, scopes]
    }
    chain_head {
        coded: [],
        internal: [id, write, written_at, hash]
    }
    audit_entries {
        coded: [],
        internal: [write, written_at, account_id, action, details, algorithm, key_id, previous_hash, hash]
    }
    idempotency_keys {
        coded: [],
        internal: [account_id, key, request_hash, record_id, write, created_at]
    }
    instance_marks {
        coded: [],
        internal: [key, value]
    }
    records {
        coded: [noun, code],
        internal: [id, created_at, created_write]
    }
    term_versions {
        coded: [known_on, state, vocabulary, term, broader, family, crosswalk, replaced_by],
        internal: [record_id, write, reason, superseded_by, texts]
    }
    event_versions {
        coded: [known_on, state, date, earliest, latest],
        internal: [record_id, write, reason, superseded_by, name]
    }
    source_versions {
        coded: [known_on, state, kind, reliability],
        internal: [record_id, write, reason, superseded_by, publication_id]
    }
    person_versions {
        coded: [known_on, state, ground, origin, sex, age_group, basis, review_on],
        internal: [record_id, write, reason, superseded_by, owner_id, ground_figure_id, figure_id, source_system, external_id]
    }
    incident_versions {
        coded: [known_on, state, kind, date, earliest, latest, year, quarter, month, place, destination, basis],
        internal: [record_id, write, reason, superseded_by, person_id, event_id, figure_id]
    }
    involvements {
        coded: [role, actor, degree],
        internal: [incident_id, write, position]
    }
    incident_sources {
        coded: [credence],
        internal: [incident_id, write, position, source_id]
    }
    linkage_versions {
        coded: [known_on, state],
        internal: [record_id, write, reason, superseded_by, person_id, canonical_id]
    }
    linkage_sources {
        coded: [],
        internal: [linkage_id, write, position, source_id]
    }
    publication_versions {
        coded: [known_on, state, published_on, visibility],
        internal: [record_id, write, reason, superseded_by, publisher, address, note]
    }
    figure_versions {
        coded: [known_on, state, measure, value, qualifier, as_of, period_start, relation, breakdown, query, visibility, definition],
        internal: [record_id, write, reason, superseded_by, publication_id, name, population, region, parent_id, note, at_write, address]
    }
    recovery_codes {
        coded: [],
        internal: [account_id, hash, created_at, used_at]
    }
    enrolments {
        coded: [],
        internal: [id, account_id, hash, purpose, requested_by, needs_approval, approved_by, totp_secret, created_at, expires_at, used_at, revoked_at]
    }
    sessions {
        coded: [],
        internal: [id, account_id, hash, created_at, seen_at, expires_at, revoked_at]
    }
    devices {
        coded: [],
        internal: [id, account_id, hash, created_at, expires_at]
    }
    sign_in_attempts {
        coded: [],
        internal: [key, failures, last_at]
    }
    sign_ins {
        coded: [],
        internal: [id, account_id, outcome, known_browser, times, first_at, last_at]
    }
    data_keys {
        coded: [],
        internal: [subject_id, master_id, wrapped, created_write]
    }
    personal_texts {
        coded: [field],
        internal: [record_id, write, superseded_by, subject_id],
        personal: [ciphertext]
    }
    person_seals {
        coded: [sealed],
        internal: [person_id, write, superseded_by, reason]
    }
    person_seal_accounts {
        coded: [],
        internal: [person_id, write, account_id]
    }
    erasures {
        coded: [noun],
        internal: [record_id, created_write, write]
    }
    erased_answers {
        coded: [],
        internal: [figure_id, write]
    }
    consent_versions {
        coded: [known_on, state, purpose, decision, manner, decided_on, ends_on],
        internal: [record_id, write, reason, superseded_by, person_id]
    }
    releases {
        coded: [],
        internal: [id, code, state, declaration, content, content_hash, plan, signatures_required, prepared_by, prepared_at, prepared_write, published_at, published_write, signature, public_key, checkpoint, notice, withdrawn_at, withdrawal_reason, changed_write, told, digest]
    }
    release_signatures {
        coded: [],
        internal: [release_id, account_id, signed_at, write]
    }
    list_declarations {
        coded: [],
        internal: [id, dimension, state, codes, broader, unknown, signatures_required, proposed_by, proposed_at, proposed_write, in_force_write, changed_write]
    }
    list_signatures {
        coded: [],
        internal: [declaration_id, account_id, signed_at, write]
    }
    figure_confirmations {
        coded: [],
        internal: [figure_id, version, account_id, confirmed_at, write]
    }
    seal_requests {
        coded: [],
        internal: [person_id, seal_write, listed_id, requested_by, reason, requested_at, write]
    }
    notices {
        coded: [],
        internal: [account_id, write, kind, noun, record_id, other_noun, other_id, told_at]
    }
    jobs {
        coded: [],
        internal: [id, kind, account_id, scopes, state, requested_at, started_at, finished_at, holder, lease_until, attempt, done,
            total, cancel_requested, parameters, payload_until, result, problem, key, request_hash],
        personal: [payload]
    }
};
