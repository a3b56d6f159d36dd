//! The addresses of the pages of every noun. A new noun is an entry here, and a table of inputs.

use actix_web::web::{Data, ServiceConfig};
use actix_web::{HttpRequest, get, post};

use crate::domain::consent::ConsentEntry;
use crate::domain::event::EventEntry;
use crate::domain::figure::FigureEntry;
use crate::domain::incident::IncidentEntry;
use crate::domain::linkage::LinkageEntry;
use crate::domain::person::PersonEntry;
use crate::domain::policy::Action;
use crate::domain::publication::PublicationEntry;
use crate::domain::record::State;
use crate::domain::source::SourceEntry;
use crate::domain::term::TermEntry;
use crate::http::auth::{ReadCases, ReadFigures, ReadTerms, WriteCases, WriteFigures, WriteTerms};
use crate::http::pages::desk;
use crate::http::pages::form::Arrived;
use crate::http::pages::turned::Turned;
use crate::http::pages::visit::Visit;
use crate::http::pages::{Page, with};
use crate::http::reply::Reply;
use crate::http::request::RecordPath;
use crate::http::state::Records;

/// The pages of a noun. The page of a record is the noun's own where it has one.
macro_rules! noun {
    ($module:ident, $Entry:ty, $many:literal, $correct:literal, $new:literal, $all:literal, $Read:ident, $Write:ident, [$($more:path),*]) => {
        pub mod $module {
            use super::*;

            pub const PAGES: &[Page] = &[
                with("GET", concat!("/desk/", $many), Action::$Read),
                with("POST", concat!("/desk/", $many), Action::$Write),
                with("GET", concat!("/desk/", $many, "/new"), Action::$Write),
                with("GET", concat!("/desk/", $many, "/{id}"), Action::$Read),
                with("GET", concat!("/desk/", $many, "/{id}/correction"), Action::$Write),
                with("POST", concat!("/desk/", $many, "/{id}/correction"), Action::$Write),
                with("GET", concat!("/desk/", $many, "/{id}/withdrawal"), Action::$Write),
                with("POST", concat!("/desk/", $many, "/{id}/withdrawal"), Action::$Write),
                with("POST", concat!("/desk/", $many, "/{id}/restoration"), Action::$Write),
                with("GET", concat!("/desk/", $many, "/{id}/history"), Action::$Read),
            ];

            #[get("")]
            pub async fn list(visit: Visit<$Read>, store: Data<Records>, request: HttpRequest) -> Result<Reply, Turned> {
                desk::list::show::<$Entry, _>(visit, store, request.query_string(), $all).await
            }

            #[post("")]
            pub async fn create(arrived: Arrived<$Write>, store: Data<Records>) -> Result<Reply, Turned> {
                desk::records::create::<$Entry, _>(arrived, store, $new).await
            }

            #[get("/new")]
            pub async fn new(visit: Visit<$Write>, store: Data<Records>, request: HttpRequest) -> Result<Reply, Turned> {
                desk::records::new::<$Entry, _>(visit, store, &request, $new).await
            }

            #[get("/{id}/correction")]
            pub async fn correction(visit: Visit<$Write>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
                desk::records::correction::<$Entry, _>(visit, store, path.get()?, $correct).await
            }

            #[post("/{id}/correction")]
            pub async fn correct(arrived: Arrived<$Write>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
                desk::records::correct::<$Entry, _>(arrived, store, path.get()?, $correct).await
            }

            #[get("/{id}/withdrawal")]
            pub async fn withdrawal(visit: Visit<$Write>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
                desk::states::withdrawal::<$Entry, _>(&visit, &store, path.get()?, desk::states::Asked::default()).await
            }

            #[post("/{id}/withdrawal")]
            pub async fn withdraw(arrived: Arrived<$Write>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
                desk::states::set_state::<$Entry, _>(arrived, store, path.get()?, State::Withdrawn).await
            }

            #[post("/{id}/restoration")]
            pub async fn restore(arrived: Arrived<$Write>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
                desk::states::set_state::<$Entry, _>(arrived, store, path.get()?, State::Active).await
            }

            #[get("/{id}/history")]
            pub async fn history(visit: Visit<$Read>, store: Data<Records>, path: RecordPath) -> Result<Reply, Turned> {
                desk::history::history::<$Entry, _>(visit, store, path.get()?).await
            }

            // Pages have no place in the API's document, for the sake of which this is disallowed.
            #[allow(clippy::disallowed_methods)]
            pub fn services(config: &mut ServiceConfig) {
                let scope = actix_web::web::scope(concat!("/desk/", $many));
                let scope = scope.service(list).service(create).service(new).service(correction).service(correct);
                let scope = scope.service(withdrawal).service(withdraw).service(restore).service(history);
                config.service(scope$(.configure($more))*);
            }
        }
    };
}

/// The page of a record that has nothing of its own.
macro_rules! page {
    ($module:ident, $Entry:ty, $one:literal, $Read:ident) => {
        pub mod $module {
            use super::*;

            #[get("/{id}")]
            pub async fn view(
                visit: Visit<$Read>,
                store: Data<Records>,
                path: RecordPath,
                request: HttpRequest,
            ) -> Result<Reply, Turned> {
                desk::view::view::<$Entry, _>(visit, store, path.get()?, request.query_string(), $one).await
            }

            pub fn services(config: &mut ServiceConfig) {
                config.service(view);
            }
        }
    };
}

page!(incident, IncidentEntry, "Incident", ReadCases);
page!(source, SourceEntry, "Source", ReadCases);
page!(event, EventEntry, "Event", ReadCases);
page!(consent, ConsentEntry, "Consent", ReadCases);
page!(linkage, LinkageEntry, "Linkage", ReadCases);
page!(term, TermEntry, "Term", ReadTerms);
page!(publication, PublicationEntry, "Document", ReadFigures);

use super::texts::{of_event, of_incident, of_person, of_source};

noun!(
    persons,
    PersonEntry,
    "persons",
    "Correct a person",
    "New person",
    "Persons",
    ReadCases,
    WriteCases,
    [of_person::services, super::super::persons::services]
);
noun!(
    incidents,
    IncidentEntry,
    "incidents",
    "Correct an incident",
    "New incident",
    "Incidents",
    ReadCases,
    WriteCases,
    [of_incident::services, incident::services]
);
noun!(
    sources,
    SourceEntry,
    "sources",
    "Correct a source",
    "New source",
    "Sources",
    ReadCases,
    WriteCases,
    [of_source::services, source::services]
);
noun!(
    events,
    EventEntry,
    "events",
    "Correct an event",
    "New event",
    "Events",
    ReadCases,
    WriteCases,
    [of_event::services, event::services]
);
noun!(
    consents,
    ConsentEntry,
    "consents",
    "Correct a consent",
    "New consent",
    "Consents",
    ReadCases,
    WriteCases,
    [consent::services]
);
noun!(
    linkages,
    LinkageEntry,
    "linkages",
    "Correct a linkage",
    "Two records of one person",
    "Linkages",
    ReadCases,
    WriteCases,
    [linkage::services]
);
noun!(terms, TermEntry, "terms", "Correct a term", "New term", "Vocabularies", ReadTerms, WriteTerms, [term::services]);
noun!(
    publications,
    PublicationEntry,
    "publications",
    "Correct a document",
    "New document",
    "Documents",
    ReadFigures,
    WriteFigures,
    [publication::services]
);
noun!(
    figures,
    FigureEntry,
    "figures",
    "Correct a figure",
    "New figure",
    "Figures",
    ReadFigures,
    WriteFigures,
    [super::super::figures::services]
);
