//! The server below HTTP: it gives every connection its place before it hears it.

use std::fmt::Debug;
use std::io::{Error, ErrorKind, Result};
use std::net::TcpListener;
use std::sync::Arc;

use actix_http::error::DispatchError;
use actix_http::{HttpService, Protocol, Request, Response};
use actix_service::{IntoServiceFactory, ServiceFactoryExt, map_config};
use actix_web::body::MessageBody;
use actix_web::dev::{AppConfig, Extensions, Server, Service, ServiceFactory, fn_service};
use actix_web::rt::net::TcpStream;

use super::stream::Guarded;
use super::{CLOSING, Connections, HEAD, KEPT};

/// For how many connections that find no place the threads have an ear. More than are let in: it is we who choose who stays,
/// and a server that stops listening chooses the newcomers.
const TURNED_AWAY: usize = 10_000;
/// How many seconds requests may go on when the server stops.
const STOPPING: u64 = 10;

/// Starts to serve an application on a socket.
///
/// # Errors
/// That the socket cannot be served.
pub fn serve<F, I, S, B>(
    application: F,
    listener: TcpListener,
    workers: usize,
    connections: Arc<Connections>,
) -> Result<Server>
where
    F: Fn() -> I + Send + Clone + 'static,
    I: IntoServiceFactory<S, Request>,
    S: ServiceFactory<Request, Config = AppConfig> + 'static,
    S::Error: Into<actix_web::Error> + 'static,
    S::InitError: Debug,
    S::Response: Into<Response<B>> + 'static,
    <S::Service as Service<Request>>::Future: 'static,
    S::Service: 'static,
    B: MessageBody + 'static,
{
    let address = listener.local_addr()?;
    let most = connections.limits.most.saturating_add(TURNED_AWAY);
    let builder = Server::build().workers(workers).max_concurrent_connections(most).shutdown_timeout(STOPPING);
    let stopping = builder.graceful_shutdown_signal();
    let builder = builder.listen("attest", listener, move || {
        let (connections, stopping) = (connections.clone(), stopping.clone());
        let let_in = move |io: TcpStream| {
            let peer = io.peer_addr().ok();
            let place = connections.enter(peer);
            async move {
                // Without a word: one that is written to somebody who does not listen takes a place too.
                let place = place.ok_or_else(|| DispatchError::Io(Error::from(ErrorKind::ConnectionRefused)))?;
                Ok((Guarded::new(io, place), Protocol::Http1, peer))
            }
        };
        let http = HttpService::build()
            .graceful_shutdown_signal(move || {
                let stopping = stopping.clone();
                async move { stopping.notified().await }
            })
            .keep_alive(KEPT)
            .client_request_timeout(HEAD)
            .client_disconnect_timeout(CLOSING)
            // Whoever has closed their side has gone: what was read for them is stopped.
            .h1_allow_half_closed(false)
            .local_addr(address)
            .on_connect_ext(|io: &Guarded, data: &mut Extensions| {
                data.insert(io.connection().clone());
            });
        let application = application().into_factory().map_err(|why| {
            let why: actix_web::Error = why.into();
            why.error_response()
        });
        // The one way to tell an application where it is served, with a stream of one's own.
        let told = AppConfig::__priv_test_new(false, address.to_string(), address);
        fn_service(let_in).and_then(http.finish(map_config(application, move |()| told.clone())))
    })?;
    Ok(builder.run())
}
