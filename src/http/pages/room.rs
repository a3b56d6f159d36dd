//! Room for large forms of people who are not signed in. A form whose session has ended is as large as any other, and waits in the page
//! that asks to sign in; but a stranger may send such ones too, and each is held in memory. So there are few places for them.

use std::future::Future;
use std::sync::Arc;

use actix_web::http::header;
use actix_web::web::Data;
use actix_web::{HttpMessage, HttpRequest};
use tokio::sync::Semaphore;

use super::super::problem::{Kind, Problem};
use super::turned::Turned;

/// How many large forms of strangers are read at once: with what becomes of them, some hundred MiB at most.
const PLACES: usize = 16;
/// From how many bytes on a form is large.
const LARGE: u64 = 256 * 1024;

/// The places.
#[derive(Debug)]
pub struct Room(Arc<Semaphore>);

impl Default for Room {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(PLACES)))
    }
}

/// Takes a place for as long as the request is answered, where it needs one: before anything of its form is read.
///
/// # Errors
/// That all are taken.
pub async fn enter(request: HttpRequest, is_signed_in: impl Future<Output = bool>) -> Result<(), Turned> {
    let length = request.headers().get(header::CONTENT_LENGTH).and_then(|length| length.to_str().ok()?.parse().ok());
    if length.is_some_and(|length: u64| length <= LARGE) || is_signed_in.await {
        return Ok(());
    }
    let room = request.app_data::<Data<Room>>().ok_or(Kind::Internal)?;
    let taken = "Nothing of it was read: too many long forms of people who are not signed in come in at this moment";
    let place = room.0.clone().try_acquire_owned().map_err(|_| Problem::new(Kind::Unavailable).detail(taken))?;
    request.extensions_mut().insert(place);
    Ok(())
}
