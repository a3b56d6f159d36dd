//! What anybody reads: figures, publications, releases, the codebook, and what is promised.

use actix_web::web::ServiceConfig;

use super::Page;

/// The routes.
pub const PAGES: &[Page] = &[];

/// The services of [`PAGES`].
pub fn services(_config: &mut ServiceConfig) {}
