//! The bytes of a connection, which end when it is to leave or has waited for too long.

use std::io::{Error, ErrorKind, Result};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use actix_web::rt::net::TcpStream;
use actix_web::rt::time::{Instant, Sleep, sleep_until};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};

use super::{Connection, Place, STALLED, locked};

/// A connection that has a place.
pub struct Guarded {
    io: TcpStream,
    place: Place,
    timer: Option<Pin<Box<Sleep>>>,
}

impl Guarded {
    pub fn new(io: TcpStream, place: Place) -> Self {
        Self { io, place, timer: None }
    }

    pub fn connection(&self) -> &Arc<Connection> {
        &self.place.connection
    }

    /// Whether this moment has come; where not, the task is woken then.
    fn has_come(&mut self, until: Instant, cx: &mut Context<'_>) -> bool {
        let timer = self.timer.get_or_insert_with(|| Box::pin(sleep_until(until)));
        if timer.deadline() != until {
            timer.as_mut().reset(until);
        }
        timer.as_mut().poll(cx).is_ready()
    }
}

impl AsyncRead for Guarded {
    fn poll_read(mut self: Pin<&mut Self>, cx: &mut Context<'_>, buffer: &mut ReadBuf<'_>) -> Poll<Result<()>> {
        self.connection().waker.register(cx.waker());
        if self.connection().is_leaving() {
            // As if the client had gone.
            return Poll::Ready(Ok(()));
        }
        let read = Pin::new(&mut self.io).poll_read(cx, buffer);
        if read.is_ready() {
            return read;
        }
        match self.connection().until() {
            Some(until) if self.has_come(until, cx) => Poll::Ready(Ok(())),
            _ => Poll::Pending,
        }
    }
}

impl AsyncWrite for Guarded {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, bytes: &[u8]) -> Poll<Result<usize>> {
        let written = Pin::new(&mut self.io).poll_write(cx, bytes);
        if written.is_ready() {
            *locked(&self.connection().stuck) = None;
            return written;
        }
        self.connection().waker.register(cx.waker());
        let since = *locked(&self.connection().stuck).get_or_insert_with(Instant::now);
        if self.connection().is_leaving() || self.has_come(since + STALLED, cx) {
            return Poll::Ready(Err(Error::from(ErrorKind::TimedOut)));
        }
        Poll::Pending
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Result<()>> {
        Pin::new(&mut self.io).poll_shutdown(cx)
    }
}
