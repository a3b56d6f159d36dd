//! The body of a request, which has to come at a least rate. How long it takes in all is nobody's business: a large file comes
//! slowly over Tor.

use std::cell::Cell;
use std::io::{Error, ErrorKind};
use std::pin::Pin;
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::HttpMessage;
use actix_web::body::{BodySize, BoxBody, MessageBody};
use actix_web::dev::{Payload, ServiceRequest};
use actix_web::error::PayloadError;
use actix_web::rt::time::{Instant, Sleep, sleep};
use actix_web::web::Bytes;
use futures_util::Stream;

use super::{Asked, Connection, Phase};

/// How far the body of a request has come.
#[derive(Debug)]
pub struct Progress {
    /// The last moment at which the client was waited for.
    last: Cell<Instant>,
    waiting: Cell<bool>,
    ended: Cell<bool>,
    too_slow: Cell<bool>,
}

impl Progress {
    /// For how long it is we who were waited for.
    pub fn ours(&self) -> Duration {
        if self.waiting.get() { Duration::ZERO } else { self.last.get().elapsed() }
    }

    /// Whether all of the body is here.
    pub fn is_whole(&self) -> bool {
        self.ended.get()
    }

    pub fn was_too_slow(&self) -> bool {
        self.too_slow.get()
    }
}

/// Lets the body of a request come at the least rate or not at all.
pub fn keep(request: &mut ServiceRequest, connection: Option<&Arc<Connection>>) -> Rc<Progress> {
    let progress = Rc::new(Progress {
        last: Cell::new(Instant::now()),
        waiting: Cell::new(false),
        ended: Cell::new(true),
        too_slow: Cell::new(false),
    });
    let payload = request.take_payload();
    let Some(connection) = connection.filter(|_| !matches!(payload, Payload::None)) else {
        request.set_payload(payload);
        return progress;
    };
    progress.ended.set(false);
    connection.set(Phase::Receiving { since: Instant::now(), bytes: 0 });
    let paced = Paced {
        payload,
        connection: connection.clone(),
        progress: progress.clone(),
        asked_at: None,
        waited: Duration::ZERO,
        bytes: 0,
        timer: None,
    };
    request.set_payload(Payload::Stream { payload: Box::pin(paced) });
    progress
}

struct Paced {
    payload: Payload,
    connection: Arc<Connection>,
    progress: Rc<Progress>,
    /// Since when the client is waited for; what time we take ourselves is not counted.
    asked_at: Option<Instant>,
    /// In this window: for how long the client was waited for, and what came.
    waited: Duration,
    bytes: u64,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Paced {
    fn came(&mut self, length: usize) {
        let length = u64::try_from(length).unwrap_or(u64::MAX);
        self.bytes = self.bytes.saturating_add(length);
        let mut phase = super::locked(&self.connection.phase);
        if let Phase::Receiving { bytes, .. } = &mut *phase {
            *bytes = bytes.saturating_add(length);
        }
    }

    fn note_waiting(&mut self, now: Instant) {
        if let Some(asked_at) = self.asked_at.take() {
            self.waited += now - asked_at;
        }
        self.progress.last.set(now);
    }

    /// Whether a window is over in which too little came. Where it is not over, the task is woken then.
    fn is_too_slow(&mut self, cx: &mut Context<'_>) -> bool {
        let limits = self.connection.limits;
        loop {
            let Some(left) = limits.window.checked_sub(self.waited).filter(|left| !left.is_zero()) else {
                if self.bytes < limits.least_rate.saturating_mul(limits.window.as_secs().max(1)) {
                    return true;
                }
                (self.waited, self.bytes) = (Duration::ZERO, 0);
                continue;
            };
            let mut timer = Box::pin(sleep(left));
            if timer.as_mut().poll(cx).is_pending() {
                self.timer = Some(timer);
                return false;
            }
            self.waited = limits.window;
        }
    }
}

impl Stream for Paced {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let this = &mut *self;
        let next = Pin::new(&mut this.payload).poll_next(cx);
        let now = Instant::now();
        this.note_waiting(now);
        match &next {
            Poll::Ready(Some(Ok(bytes))) => this.came(bytes.len()),
            Poll::Ready(Some(Err(_))) => {}
            Poll::Ready(None) => this.progress.ended.set(true),
            Poll::Pending => {
                if this.is_too_slow(cx) {
                    this.progress.too_slow.set(true);
                    this.progress.waiting.set(false);
                    return Poll::Ready(Some(Err(PayloadError::Io(Error::from(ErrorKind::TimedOut)))));
                }
                this.asked_at = Some(now);
            }
        }
        this.progress.waiting.set(next.is_pending());
        if next.is_ready() {
            this.timer = None;
        }
        next
    }
}

impl Drop for Paced {
    /// From now on it is we who are waited for, whether all of it came or not.
    fn drop(&mut self) {
        self.progress.waiting.set(false);
        let mut phase = super::locked(&self.connection.phase);
        if matches!(*phase, Phase::Receiving { .. }) {
            *phase = Phase::Answering;
        }
    }
}

/// The body of an answer. While it is there, its connection is not waiting.
pub struct Told {
    pub body: BoxBody,
    pub asked: Asked,
}

impl MessageBody for Told {
    type Error = <BoxBody as MessageBody>::Error;

    fn size(&self) -> BodySize {
        self.body.size()
    }

    fn poll_next(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Bytes, Self::Error>>> {
        Pin::new(&mut self.body).poll_next(cx)
    }
}
