//! The audit's names for what is done to a record.

use crate::domain::record::Noun;

macro_rules! audit_names {
    ($($function:ident $verb:literal;)*) => {
        $(pub fn $function(noun: Noun) -> &'static str {
            match noun {
                Noun::Term => concat!("term.", $verb),
                Noun::Event => concat!("event.", $verb),
                Noun::Source => concat!("source.", $verb),
                Noun::Publication => concat!("publication.", $verb),
                Noun::Figure => concat!("figure.", $verb),
                Noun::Person => concat!("person.", $verb),
                Noun::Incident => concat!("incident.", $verb),
                Noun::Linkage => concat!("linkage.", $verb),
                Noun::Consent => concat!("consent.", $verb),
            }
        })*
    };
}

audit_names! {
    create_action "create";
    correct_action "correct";
    withdraw_action "withdraw";
    restore_action "restore";
    read_texts_action "read_texts";
    erase_texts_action "erase_texts";
}
