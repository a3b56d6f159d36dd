//! What staff do from the first sign-in to what the public reads, in a browser that runs no scripts.

use attest::domain::policy::Role;

use super::chrome::Chrome;
use crate::client::Person;
use crate::support::{App, on_both};

on_both! {
    empty:
    somebody_signs_in_with_a_second_factor,
}

fn somebody_signs_in_with_a_second_factor(app: &App) {
    let Some(chrome) = Chrome::open(app) else { return };
    let kai = Person::new(app, "kai", Role::Caseworker);
    chrome.go("/account");
    assert_eq!(chrome.path(), "/sign-in", "nobody is signed in yet");
    chrome.sign_in(&kai);
    chrome.go("/account");
    chrome.sees("kai");
    chrome.sees("Leave now");
}
