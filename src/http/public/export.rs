//! Everything public that needs no question, as files: what a plain web server answers with the same bytes.

use crate::store::published::Published;

use crate::http::problem::Problem;

use super::answers;
use super::shelf::Snapshot;
use super::{figures, series};

/// Every file with its path from the folder, in the order of the paths.
///
/// # Errors
/// That an answer could not be written.
pub fn files(snapshot: &Snapshot, published: &Published) -> Result<Vec<(String, Vec<u8>)>, Problem> {
    let mut files = Vec::new();
    for asked in answers::paths(snapshot) {
        let ready = answers::answer(snapshot, &asked, &[])?;
        files.push((format!("api/v1{}", asked.path()), ready.bytes().to_vec()));
    }
    let documents = figures::files(snapshot, published)?.into_iter().chain(series::files(published)?);
    files.extend(documents.map(|(path, body)| (format!("api/v1{path}"), body)));
    files.sort();
    Ok(files)
}
