//! How to ask for the same by a programme: lines to copy.

use actix_web::HttpRequest;
use actix_web::http::header;

/// A line to copy.
pub struct Line {
    pub id: &'static str,
    pub name: &'static str,
    pub text: String,
}

/// Where this instance is, as the one who asks has reached it.
pub fn origin(request: &HttpRequest) -> String {
    let text = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let forwarded = text("X-Forwarded-Proto").trim().eq_ignore_ascii_case("https");
    let host = text(header::HOST.as_str());
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    // What no host is called stands in no line that somebody copies into a terminal.
    let host = if !host.is_empty() && host.chars().all(plain) { host } else { "localhost" };
    format!("{}://{host}", if forwarded { "https" } else { "http" })
}

/// The lines for an answer; addresses are whole, and hold nothing that a quotation mark of these languages would end.
pub fn lines(csv: &str, picture: Option<&str>, title: &str) -> Vec<Line> {
    let line = |id, name, text| Line { id, name, text };
    let mut lines = vec![
        line("curl", "curl", format!("curl --fail --output figures.csv \"{csv}\"")),
        line(
            "python",
            "Python",
            format!("import pandas\ntable = pandas.read_csv(\"{csv}\", keep_default_na=False, na_values=[\"\"])"),
        ),
        line("r", "R", format!("table <- read.csv(\"{csv}\", na.strings = \"\")")),
    ];
    if let Some(picture) = picture {
        let (picture, title) = (picture.replace('&', "&amp;"), attribute(title));
        lines.push(line(
            "embed",
            "To show the chart elsewhere (HTML)",
            format!("<img src=\"{picture}\" alt=\"{title}\" width=\"540\">"),
        ));
    }
    lines
}

/// A text as the value of an attribute.
fn attribute(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;")
}
