//! What stands for a whole individual, where several records are joined: one of them must say yes, and a no on any holds for all.

use chrono::NaiveDate;

use crate::domain::check::Register;
use crate::domain::consent::{Consent, ConsentEntry, Purpose};
use crate::domain::linkage::LinkageEntry;
use crate::domain::record::{Noun, RecordId};
use crate::http::pages::words::{say, t};
use crate::store::error::StoreError;
use crate::store::records::Found;
use crate::store::session::Session;

use super::persons::of;
use super::shown;

/// A record of the individual, with what is said on it.
struct Member {
    id: RecordId,
    code: String,
    consents: Vec<Found<Consent>>,
}

/// The records that are one individual today. One alone is none.
pub struct Joined {
    members: Vec<Member>,
    today: NaiveDate,
}

/// Reads what is joined with a person today, by the decisions that the reader sees.
///
/// # Errors
/// The database's own.
pub fn read(session: &mut Session<'_>, person: RecordId) -> Result<Option<Joined>, StoreError> {
    let today = session.today();
    let mut known = |field: &'static str, id: RecordId| {
        let mut found = of::<LinkageEntry>(session, field, &id.to_string())?;
        found.retain(|one| one.version.stamp.known_on <= today);
        Ok::<_, StoreError>(found)
    };
    let canonical = known("person", person)?.first().map_or(person, |joined| joined.version.body.canonical);
    let mut records: Vec<(RecordId, String)> = Vec::new();
    for joined in known("canonical", canonical)? {
        for id in [canonical, joined.version.body.person] {
            if !records.iter().any(|(other, _)| *other == id) {
                records.push((id, joined.codes.get(&id).cloned().unwrap_or_default()));
            }
        }
    }
    let mut members = Vec::new();
    for (id, code) in records {
        let mut consents = of::<ConsentEntry>(session, "person", &id.to_string())?;
        consents.retain(|one| one.version.stamp.known_on <= today);
        members.push(Member { id, code, consents });
    }
    Ok((members.len() > 1).then_some(Joined { members, today }))
}

/// What holds for the individual, as its page says it.
pub struct Joint {
    /// The records: address and code.
    pub records: Vec<(String, String)>,
    pub counted: String,
    pub published: String,
}

impl Joined {
    fn stands(&self, consent: &Consent) -> bool {
        consent.decision.is_yes(consent.ends_on, self.today)
    }

    /// The codes of the records that say no to one of these purposes.
    fn refusing(&self, purposes: &[Purpose]) -> Vec<&str> {
        let says_no = |found: &Found<Consent>| {
            let said = &found.version.body;
            purposes.contains(&said.purpose) && !self.stands(said)
        };
        let refusing = self.members.iter().filter(|member| member.consents.iter().any(says_no));
        refusing.map(|member| member.code.as_str()).collect()
    }

    /// The codes of the records that say yes to being made public.
    fn agreeing(&self) -> Vec<&str> {
        let says_yes = |found: &Found<Consent>| {
            let said = &found.version.body;
            said.purpose == Purpose::Publish && self.stands(said)
        };
        let agreeing = self.members.iter().filter(|member| member.consents.iter().any(says_yes));
        agreeing.map(|member| member.code.as_str()).collect()
    }

    fn counted(&self) -> String {
        let refusing = self.refusing(&[Purpose::Count]);
        if refusing.is_empty() {
            return t("Counted for researchers, as one person.").to_owned();
        }
        say("Not counted for researchers: no on {}.", &[&refusing.join(", ")])
    }

    fn published(&self) -> String {
        let refusing = self.refusing(&Purpose::TO_BE_PUBLISHED);
        let agreeing = self.agreeing();
        match (refusing.is_empty(), agreeing.is_empty()) {
            (false, _) => say("In nothing that is made public from now on: no on {}.", &[&refusing.join(", ")]),
            (true, true) => t("In nothing that is made public: no record says yes to it.").to_owned(),
            (true, false) => say("May be counted in what is made public: yes on {}.", &[&agreeing.join(", ")]),
        }
    }

    pub fn told(&self) -> Joint {
        let record = |member: &Member| (shown::address(Noun::Person, member.id), member.code.clone());
        Joint {
            records: self.members.iter().map(record).collect(),
            counted: self.counted(),
            published: self.published(),
        }
    }
}
