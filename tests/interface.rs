//! The interface as a whole: its document, who may ask what, headers, and that no request breaks it. Generated from the
//! OpenAPI document, so that a new operation is tested as soon as it is there.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod interface {
    mod addresses;
    mod authorisation;
    mod document;
    mod headers;
    mod junk;
    mod matrix;
    mod strangers;
}
