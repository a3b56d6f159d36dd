//! The one list of services, and the server that runs them.

use std::collections::BTreeSet;
use std::net::{IpAddr, SocketAddr, TcpListener};
use std::sync::Arc;
use std::time::Duration;

use actix_web::dev::Server;
use actix_web::http::header;
use actix_web::middleware::from_fn;
use actix_web::web::{self, Data};
use actix_web::{App, HttpRequest};
use utoipa::openapi::OpenApi;
use utoipa_actix_web::{AppExt, scope};
use utoipa_swagger_ui::SwaggerUi;

use crate::exchange::folder::Files;
use crate::store::database::Store;

use super::connections::{self, ConnectionLimits, Connections};
use super::documentation::parameters::TakesParameters;
use super::documentation::{self, ADDRESS, Document};
use super::limits::{Limits, Rates};
use super::pages::turned::Turned;
use super::problem::{Kind, Problem};
use super::public::shelf::{Shelf, Snapshot};
use super::request::LARGEST_BODY;
use super::state::Records;
use super::turned_away::TurnedAway;
use super::{health, jobs, pages, public, research, staff, watch};

/// Every service of the API, by audience.
fn services(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    let staff = scope("/staff")
        .service(
            scope("/persons")
                .configure(staff::candidates::services)
                .configure(staff::seals::services)
                .configure(staff::texts::persons::services)
                .configure(staff::nouns::persons::services),
        )
        .service(
            scope("/incidents")
                .configure(staff::texts::incidents::services)
                .configure(staff::nouns::incidents::services),
        )
        .service(scope("/linkages").configure(staff::nouns::linkages::services))
        .service(scope("/consents").configure(staff::nouns::consents::services))
        .service(staff::due::list)
        .service(
            scope("/sources")
                .configure(staff::texts::texts_of_source::services)
                .configure(staff::texts::sources::services)
                .configure(staff::nouns::sources::services),
        )
        .service(
            scope("/events")
                .configure(staff::texts::texts_of_event::services)
                .configure(staff::texts::events::services)
                .configure(staff::nouns::events::services),
        )
        .service(scope("/terms").configure(staff::nouns::terms::services))
        .service(scope("/publications").configure(staff::nouns::publications::services))
        .service(
            scope("/figures")
                .configure(staff::figures::services)
                .configure(staff::confirmations::services)
                .configure(staff::nouns::figures::services),
        )
        .service(scope("/releases").configure(staff::releases::services))
        .service(scope("/lists").configure(staff::lists::services))
        .service(staff::figures::keep_answer)
        .service(staff::texts::search)
        .service(staff::lost_seals::list)
        .service(staff::lost_seals::request)
        .service(staff::lost_seals::own_notices)
        .configure(staff::transfer::services)
        .service(scope("/jobs").configure(staff::jobs::services))
        .service(scope("/audit").configure(staff::audit::services))
        .service(scope("/accounts").configure(staff::accounts::services))
        .service(scope("/enrolments").configure(staff::enrolments::services))
        .service(scope("/tokens").configure(staff::tokens::services));
    let research = scope("/research")
        .service(research::aggregates::read)
        .service(research::aggregates::read_csv)
        .service(research::reconciliation::read);
    let api = scope("/api/v1")
        .service(staff)
        .service(research)
        .service(documentation::read_document)
        .configure(public::releases::services)
        .configure(public::figures::services)
        .configure(public::series::services);
    config.service(health::live).service(health::ready).service(api);
}

/// The OpenAPI document of the services.
pub fn openapi() -> OpenApi {
    let (_, mut api) =
        App::new().into_utoipa_app().openapi(documentation::beginning()).configure(services).split_for_parts();
    documentation::complete(&mut api);
    api
}

/// How to serve.
#[derive(Debug, Clone, Copy)]
pub struct Settings {
    /// How many threads answer requests.
    pub workers: usize,
    /// The address of the reverse proxy whose `X-Forwarded-For` is believed.
    pub forwarded_by: Option<IpAddr>,
    pub rates: Rates,
    pub connections: ConnectionLimits,
    /// How many publishers must sign a release where there are so many: 1 or 2.
    pub release_signatures: u8,
    /// How long one question of a researcher may be counted.
    pub longest_count: Duration,
    /// How long a whole request may take.
    pub longest_request: Duration,
    /// The time zone in which pages tell moments.
    pub zone: chrono_tz::Tz,
    /// How long a file may be imported while its client waits, from the request on. Well below the limit of a whole request,
    /// so that nobody is told of a time-out and finds the rows a minute later.
    pub import_time: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            workers: 2,
            forwarded_by: None,
            rates: Rates::default(),
            connections: ConnectionLimits::default(),
            release_signatures: 2,
            longest_count: Duration::from_secs(25),
            longest_request: watch::LIMIT,
            zone: chrono_tz::Tz::UTC,
            import_time: Duration::from_secs(20),
        }
    }
}

impl Settings {
    fn connections(&self) -> Arc<Connections> {
        Connections::new(self.connections, self.forwarded_by)
    }
}

/// Starts to serve on a socket that is open already.
///
/// # Errors
/// That the socket cannot be served.
pub fn serve(listener: TcpListener, store: Store, settings: Settings) -> std::io::Result<(SocketAddr, Server)> {
    let address = listener.local_addr()?;
    let api = openapi();
    let document = Data::new(Document::new(&api));
    let routes = Data::new(Routes::new(&api));
    let takes_parameters = Data::new(TakesParameters::new(&api));
    let shelf = Shelf::of(store.clone());
    if let Err(why) = shelf.renew() {
        tracing::warn!(%why, "releases are not read yet");
    }
    shelf.keep_new();
    // They end when nobody serves any more.
    let workers = Data::new(jobs::start(&store, &shelf, settings.release_signatures));
    let shelf = Data::new(shelf);
    let watch = Data::new(health::Watch::of(store.clone()));
    let turned_away = TurnedAway::new(store.clone(), settings.rates.turned_away_every);
    turned_away.keep_writing();
    let turned_away = Data::from(turned_away);
    let records = Data::new(Records::new(store, settings.longest_count));
    let limits = Data::new(Limits::new(settings.rates, settings.forwarded_by));
    let signatures = Data::new(staff::releases::MostSignatures(settings.release_signatures));
    let seen = Data::new(pages::visit::Seen::default());
    let longest = Data::new(watch::Longest(settings.longest_request));
    let room = Data::new(pages::room::Room::default());
    let zone = Data::new(pages::here::Zone(settings.zone));
    let offered = Data::new(pages::offered::Offered::default());
    let import_time = Data::new(staff::transfer::ImportTime(settings.import_time));
    let application = move || {
        let (app, _) =
            App::new().into_utoipa_app().openapi(documentation::beginning()).configure(services).split_for_parts();
        app.app_data(records.clone())
            .app_data(watch.clone())
            .app_data(shelf.clone())
            .app_data(limits.clone())
            .app_data(turned_away.clone())
            .app_data(signatures.clone())
            .app_data(import_time.clone())
            .app_data(seen.clone())
            .app_data(workers.clone())
            .app_data(document.clone())
            .app_data(routes.clone())
            .app_data(takes_parameters.clone())
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .service(
                SwaggerUi::new(format!("{ADDRESS}/{{_:.*}}"))
                    .config(utoipa_swagger_ui::Config::new(["/api/v1/openapi.json"]).validator_url("none")),
            )
            .configure(pages::services)
            .default_service(web::to(elsewhere))
            .app_data(zone.clone())
            .app_data(offered.clone())
            .app_data(room.clone())
            .app_data(longest.clone())
            .wrap(from_fn(watch::around))
            // Around the watch, so that a page which took too long is told as a page too, with what was typed.
            .wrap(from_fn(pages::here::around))
    };
    Ok((address, connections::serve(application, listener, settings.workers, settings.connections())?))
}

/// Starts to answer on a socket that there is nothing to be had yet, and that the process lives.
///
/// # Errors
/// That the socket cannot be served.
pub fn serve_starting(listener: TcpListener, settings: Settings) -> std::io::Result<Server> {
    let application = || {
        App::new()
            .service(health::live)
            .service(health::starting)
            .default_service(web::to(|| async { Err::<super::reply::Reply, _>(Problem::new(Kind::Unavailable)) }))
            .wrap(from_fn(watch::around))
    };
    connections::serve(application, listener, 1, settings.connections())
}

/// What is served of an export.
fn services_of_folder(config: &mut utoipa_actix_web::service_config::ServiceConfig) {
    let api = scope("/api/v1").service(documentation::read_document).configure(public::releases::services);
    config.service(health::live).service(public::folder::ready).service(api);
}

/// Starts to serve an export that was verified. It has no database.
///
/// # Errors
/// That the socket cannot be served.
pub fn serve_folder(
    listener: TcpListener,
    files: &Files,
    snapshot: Snapshot,
    settings: Settings,
) -> std::io::Result<(SocketAddr, Server)> {
    let address = listener.local_addr()?;
    let mut api = openapi();
    // Addresses of staff and researchers are not there at all.
    api.paths.paths.retain(|_, item| {
        let all = [&item.get, &item.post, &item.patch];
        all.into_iter().flatten().all(|operation| operation.security.is_none())
    });
    let document = Data::new(Document::new(&api));
    let routes = Data::new(Routes::new(&api));
    let shelf = Data::new(Shelf::fixed(snapshot));
    let files = Data::new(public::folder::Files::new(files));
    let application = move || {
        let (app, _) = App::new()
            .into_utoipa_app()
            .openapi(documentation::beginning())
            .configure(services_of_folder)
            .split_for_parts();
        app.app_data(shelf.clone())
            .app_data(files.clone())
            .app_data(document.clone())
            .app_data(routes.clone())
            .app_data(web::PayloadConfig::new(LARGEST_BODY))
            .default_service(web::to(public::folder::file))
            .wrap(from_fn(watch::around))
    };
    Ok((address, connections::serve(application, listener, settings.workers, settings.connections())?))
}

/// Which methods each address takes.
struct Routes(Vec<(Vec<String>, Vec<&'static str>)>);

impl Routes {
    fn new(api: &OpenApi) -> Self {
        let route = |(path, item): (&String, &utoipa::openapi::PathItem)| {
            let methods = [("GET", item.get.is_some()), ("POST", item.post.is_some()), ("PATCH", item.patch.is_some())];
            let methods = methods.into_iter().filter(|(_, there)| *there).map(|(method, _)| method).collect();
            (path.split('/').map(str::to_owned).collect(), methods)
        };
        let page = |path: &str| {
            let methods = pages::routes().filter(|page| page.path == path).map(|page| page.method).collect();
            (path.split('/').map(str::to_owned).collect(), methods)
        };
        let paths: BTreeSet<_> = pages::routes().map(|page| page.path).collect();
        Self(api.paths.paths.iter().map(route).chain(paths.into_iter().map(page)).collect())
    }

    fn methods(&self, path: &str) -> Option<&[&'static str]> {
        let parts: Vec<_> = path.split('/').collect();
        let fits = |template: &[String]| {
            template.len() == parts.len()
                && template.iter().zip(&parts).all(|(template, part)| fits_part(template, part))
        };
        self.0.iter().find(|(template, _)| fits(template)).map(|(_, methods)| methods.as_slice())
    }
}

/// Whether a part of an address is what a part of a template stands for.
fn fits_part(template: &str, part: &str) -> bool {
    let Some((before, _)) = template.split_once('{') else { return template == part };
    let after = template.rsplit('}').next().unwrap_or_default();
    part.len() > before.len() + after.len() && part.starts_with(before) && part.ends_with(after)
}

/// Whatever no service takes. A browser that is not at the API is told in a page.
async fn elsewhere(request: HttpRequest, routes: Data<Routes>) -> Result<super::reply::Reply, actix_web::Error> {
    let problem = match routes.methods(request.path()) {
        Some(methods) if !methods.contains(&request.method().as_str()) => {
            Problem::new(Kind::MethodNotAllowed).allow(methods.join(", "))
        }
        _ => Problem::new(Kind::NotFound),
    };
    let accepts = request.headers().get(header::ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let reads_pages = accepts.contains("text/html") && !request.path().starts_with("/api/");
    Err(if reads_pages { Turned::from(problem).into() } else { problem.into() })
}
