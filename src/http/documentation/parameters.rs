//! Which operations take parameters of the query string: those for which the document names some.

use std::collections::HashMap;

use utoipa::openapi::path::{Operation, ParameterIn, PathItem};
use utoipa::openapi::{OpenApi, RefOr};

use crate::http::problem::Problem;
use crate::http::request::Parameters;

/// The methods of each address that take parameters.
#[derive(Debug)]
pub struct TakesParameters(HashMap<String, Vec<&'static str>>);

impl TakesParameters {
    pub fn new(api: &OpenApi) -> Self {
        let methods = |item: &PathItem| {
            let all = [("GET", &item.get), ("HEAD", &item.get), ("POST", &item.post), ("PATCH", &item.patch)];
            let taking = all.into_iter().filter(|(_, operation)| operation.as_ref().is_some_and(has_parameters));
            taking.map(|(method, _)| method).collect()
        };
        Self(api.paths.paths.iter().map(|(path, item)| (path.clone(), methods(item))).collect())
    }

    /// Refuses every parameter where an operation takes none. One that takes some says itself which.
    ///
    /// # Errors
    /// A problem that names the parameter.
    pub fn check(&self, path: &str, method: &str, given: &Parameters) -> Result<(), Problem> {
        let takes_some = self.0.get(path).is_some_and(|methods| methods.contains(&method));
        if takes_some { Ok(()) } else { given.only(&[]).map(drop) }
    }
}

fn has_parameters(operation: &Operation) -> bool {
    operation.parameters.iter().flatten().any(|parameter| match parameter {
        RefOr::T(parameter) => matches!(parameter.parameter_in, ParameterIn::Query),
        RefOr::Ref(_) => false,
    })
}
