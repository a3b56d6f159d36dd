//! A body that is made while it is sent. The end is told apart from a breaking off: where the rows stop before their end, the
//! connection is broken, so that nobody takes a part for the whole.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::{Duration, Instant};

use actix_web::body::{BodySize, MessageBody};
use actix_web::rt::time::timeout;
use actix_web::web::Bytes;
use tokio::runtime::Handle;
use tokio::sync::mpsc;

use super::problem::{Kind, Problem};

/// How many parts wait to be sent.
const WAITING: usize = 4;
/// How large a part is, in bytes.
const PART: usize = 32 * 1024;
/// How long a part waits for a client that takes nothing, and how long a whole download may take: it holds a connection to the
/// database.
const STALLED: Duration = Duration::from_secs(30);
const LONGEST: Duration = Duration::from_secs(60 * 60);

/// What stops a download that is not whole.
#[derive(Debug, thiserror::Error)]
#[error("what was to be sent broke off")]
pub struct BrokenOff;

enum Part {
    Bytes(Bytes),
    End,
}

/// Where the bytes are put in, on a thread that may wait.
pub struct Pipe {
    parts: mpsc::Sender<Part>,
    runtime: Handle,
    buffer: Vec<u8>,
    until: Instant,
}

/// Where they come out.
pub struct Rows {
    parts: mpsc::Receiver<Part>,
    ended: bool,
}

impl std::fmt::Debug for Rows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rows")
    }
}

/// A new download. To be made on the runtime that sends it.
pub fn new() -> (Pipe, Rows) {
    let (sender, receiver) = mpsc::channel(WAITING);
    let pipe = Pipe { parts: sender, runtime: Handle::current(), buffer: Vec::new(), until: Instant::now() + LONGEST };
    (pipe, Rows { parts: receiver, ended: false })
}

impl Pipe {
    fn send(&mut self, part: Part) -> io::Result<()> {
        let left = self.until.saturating_duration_since(Instant::now());
        let parts = &self.parts;
        let sent = self.runtime.block_on(async move { timeout(STALLED.min(left), parts.send(part)).await });
        match sent {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(io::ErrorKind::BrokenPipe.into()),
            Err(_) => Err(io::ErrorKind::TimedOut.into()),
        }
    }

    fn send_buffer(&mut self) -> io::Result<()> {
        let bytes = std::mem::take(&mut self.buffer);
        if bytes.is_empty() { Ok(()) } else { self.send(Part::Bytes(bytes.into())) }
    }

    /// That this was all. A pipe that is dropped without it has broken off.
    ///
    /// # Errors
    /// That nobody takes it any more.
    pub fn end(mut self) -> io::Result<()> {
        self.send_buffer()?;
        self.send(Part::End)
    }
}

impl io::Write for Pipe {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.buffer.extend_from_slice(bytes);
        if self.buffer.len() >= PART {
            self.send_buffer()?;
        }
        Ok(bytes.len())
    }

    /// Parts are sent when they are large enough, and the last at the end.
    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Rows {
    /// All of it at once.
    ///
    /// # Errors
    /// That it broke off; the log says why.
    pub async fn whole(mut self) -> Result<String, Problem> {
        let mut whole = Vec::new();
        loop {
            match self.parts.recv().await {
                Some(Part::Bytes(bytes)) => whole.extend_from_slice(&bytes),
                Some(Part::End) => return String::from_utf8(whole).map_err(|_| Problem::new(Kind::Internal)),
                None => return Err(Problem::new(Kind::Internal)),
            }
        }
    }
}

impl MessageBody for Rows {
    type Error = BrokenOff;

    fn size(&self) -> BodySize {
        BodySize::Stream
    }

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Result<Bytes, BrokenOff>>> {
        if self.ended {
            return Poll::Ready(None);
        }
        match self.parts.poll_recv(context) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(Some(Part::Bytes(bytes))) => Poll::Ready(Some(Ok(bytes))),
            Poll::Ready(Some(Part::End)) => {
                self.ended = true;
                Poll::Ready(None)
            }
            Poll::Ready(None) => Poll::Ready(Some(Err(BrokenOff))),
        }
    }
}
