//! Releases that take long: nobody is told that one failed which then is public.

use std::time::Duration;

use serde_json::{Value, json};

use super::office::{RELEASES, act, declaration, prepare, public, ten};
use crate::support::{Answer, App, Caller, on_both};

on_both! {
    empty:
        a_release_is_prepared_and_published_by_jobs_that_tell_what_came_of_it,
        a_publication_that_was_cancelled_is_never_public_and_a_public_one_is_never_called_cancelled,
        what_stands_in_the_way_is_told_by_the_job_as_by_a_direct_answer,
        a_publication_that_is_sent_twice_with_its_key_is_answered_twice,
}

const LATER: [(&str, &str); 1] = [("Prefer", "respond-async")];

#[track_caller]
fn finished(caller: &Caller<'_>, accepted: &Answer) -> Value {
    assert_eq!(accepted.clone().expect(202).header("preference-applied"), Some("respond-async"));
    caller.finished(accepted.header("location").unwrap())
}

fn release(caller: &Caller<'_>, job: &Value) -> Answer {
    caller.get(&format!("{RELEASES}/{}", job["result"]["release"].as_str().unwrap())).expect(200)
}

fn publish_later(caller: &Caller<'_>, seen: &Answer) -> Answer {
    let etag = seen.etag();
    let headers = [&LATER[..], &[("If-Match", etag.as_str())]].concat();
    caller.post_with(&format!("{RELEASES}/{}/publish", seen.id()), &headers, &json!({}))
}

fn a_release_is_prepared_and_published_by_jobs_that_tell_what_came_of_it(app: &App) {
    ten(app);
    let caller = app.publisher();
    let job = finished(&caller, &caller.post_with(RELEASES, &LATER, &declaration()));
    assert_eq!((&job["state"], &job["kind"]), (&json!("succeeded"), &json!("release_prepare")), "{job}");
    let prepared = release(&caller, &job);
    assert_eq!(prepared.json()["state"], "prepared");
    let signed = act(&caller, &prepared, "sign").expect(200);
    let job = finished(&caller, &publish_later(&caller, &signed));
    assert_eq!((&job["state"], &job["kind"]), (&json!("succeeded"), &json!("release_publish")), "{job}");
    assert_eq!((release(&caller, &job).json()["state"].clone(), public(app).len()), (json!("published"), 1));
    // What was declared is not kept with the job.
    assert_eq!(job["parameters"], json!({"release": signed.id(), "version": signed.json()["version"]}));
}

fn a_publication_that_was_cancelled_is_never_public_and_a_public_one_is_never_called_cancelled(app: &App) {
    ten(app);
    let caller = app.publisher();
    let signed = act(&caller, &prepare(&caller), "sign").expect(200);
    // What stands before it in the line leaves the time to cancel it.
    for number in 0..6 {
        let mut other = declaration();
        other["id"] = format!("other-{number}").into();
        caller.post_with(RELEASES, &LATER, &other).expect(202);
    }
    let accepted = publish_later(&caller, &signed);
    caller.post(&format!("{}/cancellation", accepted.header("location").unwrap()), &json!({})).expect(200);
    let job = finished(&caller, &accepted);
    assert_eq!((&job["state"], public(app).len()), (&json!("cancelled"), 0), "{job}");
    for round in 0..10_u64 {
        let accepted = publish_later(&caller, &signed);
        std::thread::sleep(Duration::from_millis(round * round * 4));
        let location = accepted.header("location").unwrap();
        let answer = caller.post(&format!("{location}/cancellation"), &json!({}));
        let job = finished(&caller, &accepted);
        let state = caller.get(&format!("{RELEASES}/{}", signed.id())).expect(200).json()["state"].clone();
        match job["state"].as_str().unwrap() {
            "cancelled" => assert_eq!((answer.status, state, public(app).len()), (200, json!("prepared"), 0)),
            "succeeded" => {
                assert_eq!((answer.status, state, public(app).len()), (409, json!("published"), 1));
                return;
            }
            other => panic!("{other}: {job}"),
        }
    }
    let job = finished(&caller, &publish_later(&caller, &signed));
    assert_eq!((&job["state"], public(app).len()), (&json!("succeeded"), 1), "{job}");
}

fn what_stands_in_the_way_is_told_by_the_job_as_by_a_direct_answer(app: &App) {
    ten(app);
    let caller = app.publisher();
    let mut wrong = declaration();
    wrong["figures"] = json!(["nowhere:nothing"]);
    let direct = caller.post(RELEASES, &wrong);
    let job = finished(&caller, &caller.post_with(RELEASES, &LATER, &wrong));
    assert_eq!((&job["state"], &job["problem"]), (&json!("failed"), &direct.json()), "{job}");
    let made = prepare(&caller);
    let direct = act(&caller, &made, "publish").problem(409, "refused");
    let job = finished(&caller, &publish_later(&caller, &made));
    assert_eq!((&job["state"], &job["problem"]), (&json!("failed"), &direct.json()), "{job}");
    let signed = act(&caller, &made, "sign").expect(200);
    let job = finished(&caller, &publish_later(&caller, &made));
    assert_eq!(job["problem"]["type"], "urn:attest:problem:stale", "{job}");
    assert!(public(app).is_empty());
    act(&caller, &signed, "publish").expect(200);
}

fn a_publication_that_is_sent_twice_with_its_key_is_answered_twice(app: &App) {
    ten(app);
    let caller = app.publisher();
    let signed = act(&caller, &prepare(&caller), "sign").expect(200);
    let etag = signed.etag();
    let headers = [("If-Match", etag.as_str()), ("Idempotency-Key", "go")];
    let send = || caller.post_with(&format!("{RELEASES}/{}/publish", signed.id()), &headers, &json!({}));
    let first = send().expect(200);
    let again = app.unchanged(|| send().expect(200));
    assert_eq!((again.json(), again.header("idempotent-replayed")), (first.json(), Some("true")));
    // Without the key it is another request, of a release that has changed since.
    app.unchanged(|| act(&caller, &signed, "publish").problem(412, "stale"));
}
