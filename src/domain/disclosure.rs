//! The gate out. Whatever is spoken to anybody is a [`Disclosed`], and only this file makes one.

use serde::Serialize;

use super::entry::Entry;
use super::figure::{Figure, FigureEntry};
use super::health::Health;
use super::policy::{Action, Permit};
use super::publication::{Publication, PublicationEntry};
use super::record::{State, Version};
use super::release::content::Content;

/// A value that may be spoken to the one who asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(transparent)]
pub struct Disclosed<T>(T);

impl<T> Disclosed<T> {
    /// The value, to be written out.
    pub fn get(&self) -> &T {
        &self.0
    }

    /// The value, where it can be written out once only.
    pub fn take(self) -> T {
        self.0
    }
}

/// Opens the gate for somebody whom the policy allowed to read or write this.
pub fn to_permitted<T>(_permit: &Permit, value: T) -> Disclosed<T> {
    Disclosed(value)
}

/// Opens the gate for exact aggregates and what is held against them: counts, never rows.
///
/// # Panics
/// If the permit is for something else: a handler asks for the wrong one, and a test of every address shows it.
pub fn to_researcher<T>(permit: &Permit, value: T) -> Disclosed<T> {
    assert!(matches!(permit.action(), Action::ReadAggregates | Action::Reconcile), "a permit for aggregates");
    Disclosed(value)
}

/// A published document with its published figures; nothing of drafts and nothing computed.
#[derive(Debug, Clone)]
pub struct PublishedDocument<'a> {
    publication: &'a Version<Publication>,
}

/// Whether anybody may see a publication.
pub fn published_publication(version: &Version<Publication>) -> Option<PublishedDocument<'_>> {
    let public = version.stamp.state == State::Active && PublicationEntry::is_published(&version.body);
    public.then_some(PublishedDocument { publication: version })
}

impl PublishedDocument<'_> {
    pub fn publication(&self) -> &Version<Publication> {
        self.publication
    }

    /// Whether anybody may see a figure of this publication.
    pub fn shows(&self, figure: &Version<Figure>) -> bool {
        figure.body.publication == self.publication.id
            && figure.stamp.state == State::Active
            && FigureEntry::is_published(&figure.body)
    }
}

/// Opens the gate to anybody for what was published: `documents` prove that it was.
pub fn to_anybody<T>(_documents: &[PublishedDocument<'_>], value: T) -> Disclosed<T> {
    Disclosed(value)
}

/// Opens the gate to anybody for what is cut from a published release. The public side has no other content at hand: it may read
/// nothing else from the store.
pub fn of_release<T>(_content: &Content, value: T) -> Disclosed<T> {
    Disclosed(value)
}

/// Opens the gate to anybody for what releases say of themselves, withdrawn ones too.
pub fn about_releases<T>(value: T) -> Disclosed<T> {
    Disclosed(value)
}

/// Opens the gate to anybody for the bytes of a verified export, all of which were public before.
pub fn of_export<T>(value: T) -> Disclosed<T> {
    Disclosed(value)
}

/// Opens the gate to anybody for what the programme says of itself: health, version, documentation.
pub fn about_ourselves(value: &'static str) -> Disclosed<&'static str> {
    Disclosed(value)
}

/// Opens the gate to anybody for how the service is: codes alone.
pub fn about_health(value: Health) -> Disclosed<Health> {
    Disclosed(value)
}

/// Opens the gate for a page that holds words of ours and nothing but what the one who asks has just shown to be theirs: by a link
/// that was made for them, or by nothing, and then it holds nothing.
pub fn about_signing_in(page: String) -> Disclosed<String> {
    Disclosed(page)
}

/// Opens the gate to anybody for the description of the interface, which holds no data.
pub fn about_our_interface(document: String) -> Disclosed<String> {
    Disclosed(document)
}
