//! What staff do with records: enter, find, correct, seal, take back.

use actix_web::web::ServiceConfig;

use super::Page;

/// The routes.
pub const PAGES: &[Page] = &[];

/// The services of [`PAGES`].
pub fn services(_config: &mut ServiceConfig) {}
