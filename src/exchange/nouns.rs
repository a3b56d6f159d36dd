//! Which entry belongs to which noun.

/// Runs an expression with the entry type of a noun.
macro_rules! with_entry {
    ($noun:expr, $E:ident => $body:expr) => {
        match $noun {
            $crate::domain::record::Noun::Term => {
                type $E = $crate::domain::term::TermEntry;
                $body
            }
            $crate::domain::record::Noun::Event => {
                type $E = $crate::domain::event::EventEntry;
                $body
            }
            $crate::domain::record::Noun::Source => {
                type $E = $crate::domain::source::SourceEntry;
                $body
            }
            $crate::domain::record::Noun::Publication => {
                type $E = $crate::domain::publication::PublicationEntry;
                $body
            }
            $crate::domain::record::Noun::Figure => {
                type $E = $crate::domain::figure::FigureEntry;
                $body
            }
            $crate::domain::record::Noun::Person => {
                type $E = $crate::domain::person::PersonEntry;
                $body
            }
            $crate::domain::record::Noun::Incident => {
                type $E = $crate::domain::incident::IncidentEntry;
                $body
            }
            $crate::domain::record::Noun::Linkage => {
                type $E = $crate::domain::linkage::LinkageEntry;
                $body
            }
            $crate::domain::record::Noun::Consent => {
                type $E = $crate::domain::consent::ConsentEntry;
                $body
            }
        }
    };
}
pub(crate) use with_entry;
