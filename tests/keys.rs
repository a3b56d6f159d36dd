//! The keyring: files for their owner alone, what happens without it, the recovery code, rotation and drill.
#![allow(clippy::unwrap_used, clippy::expect_used)]

mod support;

mod keys {
    mod checkpoints;
    mod code;
    mod drill;
    mod locked;
    mod rotation;
    mod starting;
    mod subjects;
    mod tools;
}
