//! Cookies. They serve pages only; the API looks at none.

use actix_web::HttpRequest;
use actix_web::http::header;

/// A cookie of ours.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cookie {
    Session,
    /// A browser that has signed in before.
    Device,
}

/// How browsers are to keep cookies. Over TLS with a name that binds them to this host alone; over plain HTTP only where
/// browser and service are one machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Jar {
    plain: bool,
}

impl Jar {
    pub fn of(request: &HttpRequest) -> Self {
        let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let forwarded = text("X-Forwarded-Proto").is_some_and(|proto| proto.trim().eq_ignore_ascii_case("https"));
        Self { plain: !forwarded && text("Host").is_some_and(is_loopback) }
    }

    pub fn name(self, cookie: Cookie) -> &'static str {
        match (cookie, self.plain) {
            (Cookie::Session, false) => "__Host-attest",
            (Cookie::Session, true) => "attest",
            (Cookie::Device, false) => "__Host-attest-device",
            (Cookie::Device, true) => "attest-device",
        }
    }

    /// The value of a cookie, where there is exactly one of its name and it is a secret of ours.
    pub fn read(self, request: &HttpRequest, cookie: Cookie) -> Option<String> {
        let headers = request.headers().get_all(header::COOKIE).filter_map(|value| value.to_str().ok());
        let pairs = headers.flat_map(|value| value.split(';')).filter_map(|pair| pair.trim().split_once('='));
        let mut found = pairs.filter(|(name, _)| *name == self.name(cookie)).map(|(_, value)| value);
        let (value, alone) = (found.next()?, found.next().is_none());
        let ours = value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit());
        (alone && ours).then(|| value.to_owned())
    }

    /// The header that sets a cookie, for so many seconds or for as long as the browser is open.
    pub fn set(self, cookie: Cookie, value: &str, seconds: Option<i64>) -> String {
        let secure = if self.plain { "" } else { "; Secure" };
        let lasting = seconds.map(|seconds| format!("; Max-Age={seconds}")).unwrap_or_default();
        format!("{}={value}; Path=/; HttpOnly; SameSite=Strict{secure}{lasting}", self.name(cookie))
    }

    /// The header that removes a cookie.
    pub fn remove(self, cookie: Cookie) -> String {
        self.set(cookie, "", Some(0))
    }
}

/// Whether a `Host` header names this very machine.
fn is_loopback(host: &str) -> bool {
    let name = match host.strip_prefix('[') {
        Some(rest) => rest.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    };
    name.eq_ignore_ascii_case("localhost")
        || name.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}
