//! The parameters of public questions, for the documentation. What reads them is the table of dimensions and the formats.

use utoipa::IntoParams;
use utoipa::openapi::path::{Parameter, ParameterIn};
use utoipa::openapi::{ObjectBuilder, Type};

use crate::exchange::flavour::Flavour;
use crate::exchange::formats::{Labels, Language, Shape};
use crate::http::documentation::{query_parameter, words};
use crate::http::research::aggregates::AggregateParameters;

/// How an answer is written.
pub struct FormatParameters;

impl IntoParams for FormatParameters {
    fn into_params(_: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        fn names<T>(choices: &[(&'static str, T)]) -> ObjectBuilder {
            words(choices.iter().map(|(name, _)| *name))
        }
        vec![
            query_parameter(
                "lang",
                "The language of labels and titles: en or ru; en where it is missing.",
                names(Language::WORDS),
            ),
            query_parameter(
                "bom",
                "true or false: whether CSV begins with a byte order mark, which some spreadsheets want.",
                ObjectBuilder::new().schema_type(Type::Boolean),
            ),
            query_parameter(
                "flavour",
                "exact or spreadsheet: whether CSV begins with a byte order mark and has an apostrophe before texts that a \
                 spreadsheet would run or change; exact where it is missing.",
                names(Flavour::WORDS),
            ),
            query_parameter(
                "labels",
                "codes or both: whether labels stand beside the codes; codes where it is missing.",
                names(Labels::WORDS),
            ),
            query_parameter(
                "shape",
                "long or wide: whether the last dimension of CSV lies across; long where it is missing.",
                names(Shape::WORDS),
            ),
        ]
    }
}

/// A public question: the grammar of aggregates without its times, because a release has its own.
pub struct QuestionParameters;

impl IntoParams for QuestionParameters {
    fn into_params(parameter_in: impl Fn() -> Option<ParameterIn>) -> Vec<Parameter> {
        let mut all = AggregateParameters::into_params(parameter_in);
        all.retain(|parameter| !matches!(parameter.name.as_str(), "as_of" | "at_write"));
        all
    }
}
