//! The second factor and the recovery codes: each code once.

use attest::domain::policy::Role;
use chrono::TimeDelta;

use crate::support::people::{Browser, Person};
use crate::support::{App, on_both};

on_both! {
    empty:
    a_code_works_once,
    a_code_works_five_steps_early_or_late_and_never_after_a_later_one,
    of_two_sign_ins_with_one_code_at_once_exactly_one_works,
    a_recovery_code_works_once,
    a_code_is_not_used_up_by_a_wrong_passphrase,
    the_codes_are_kept_by_their_hash,
}

fn a_code_works_once(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let code = person.next_code(app);
    Browser::new(app).attempt("kai", &person.passphrase, &code).expect(303);
    Browser::new(app).attempt("kai", &person.passphrase, &code).expect(403);
    assert!(person.browser(app).is_in());
}

fn a_code_works_five_steps_early_or_late_and_never_after_a_later_one(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let now = person.next_code(app);
    let next = person.next_code(app);
    app.clock.advance(TimeDelta::seconds(-150));
    Browser::new(app).attempt("kai", &person.passphrase, &next).expect(303);
    // The clock's own code is of an earlier step than the one that was used.
    Browser::new(app).attempt("kai", &person.passphrase, &now).expect(403);
    app.clock.advance(TimeDelta::seconds(180));
    let late = person.code(app);
    app.clock.advance(TimeDelta::seconds(150));
    Browser::new(app).attempt("kai", &person.passphrase, &late).expect(303);
    let later = person.next_code(app);
    app.clock.advance(TimeDelta::seconds(180));
    Browser::new(app).attempt("kai", &person.passphrase, &later).expect(403);
}

fn of_two_sign_ins_with_one_code_at_once_exactly_one_works(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    for secret in [person.next_code(app), person.recovery[0].clone()] {
        let statuses: Vec<u16> = std::thread::scope(|scope| {
            let attempts: Vec<_> = (0..3)
                .map(|_| scope.spawn(|| Browser::new(app).attempt("kai", &person.passphrase, &secret).status))
                .collect();
            attempts.into_iter().map(|attempt| attempt.join().unwrap()).collect()
        });
        assert_eq!(statuses.iter().filter(|status| **status == 303).count(), 1, "{statuses:?}");
        assert_eq!(statuses.iter().filter(|status| **status == 403).count(), 2, "{statuses:?}");
    }
}

fn a_recovery_code_works_once(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    assert_eq!(person.recovery.len(), 10);
    // As people type it.
    let typed = format!(" {} ", person.recovery[0].to_lowercase().replace('-', " "));
    Browser::new(app).attempt("kai", &person.passphrase, &typed).expect(303);
    Browser::new(app).attempt("kai", &person.passphrase, &person.recovery[0]).expect(403);
    Browser::new(app).attempt("kai", &person.passphrase, &person.recovery[1]).expect(303);
    // Another's is none.
    let other = Person::new(app, "rosa", Role::Caseworker);
    Browser::new(app).attempt("kai", &person.passphrase, &other.recovery[0]).expect(403);
    Browser::new(app).attempt("rosa", &other.passphrase, &other.recovery[0]).expect(303);
}

fn a_code_is_not_used_up_by_a_wrong_passphrase(app: &App) {
    let person = Person::new(app, "kai", Role::Caseworker);
    let code = person.next_code(app);
    for code in [&code, &person.recovery[0]] {
        Browser::new(app).attempt("kai", "not the passphrase at all", code).expect(403);
        Browser::new(app).attempt("kai", &person.passphrase, code).expect(303);
    }
}

fn the_codes_are_kept_by_their_hash(app: &App) {
    use diesel::prelude::*;
    #[derive(QueryableByName)]
    struct Kept {
        #[diesel(sql_type = diesel::sql_types::Text)]
        kept: String,
    }
    let person = Person::new(app, "kai", Role::Caseworker);
    let mut conn = app.connect();
    let mut kept = |query: &str| -> Vec<String> {
        let rows = diesel::sql_query(query).load::<Kept>(&mut conn).unwrap();
        rows.into_iter().map(|row| row.kept).collect()
    };
    let hashes = kept("SELECT hash AS kept FROM recovery_codes");
    let details = kept("SELECT details AS kept FROM audit_entries");
    assert_eq!(hashes.len(), 10);
    let secrets = person.recovery.iter().flat_map(|code| [code.clone(), code.replace('-', "")]);
    for secret in secrets.chain([person.passphrase.clone(), person.secret.clone()]) {
        assert!(hashes.iter().chain(&details).all(|kept| !kept.contains(&secret)), "{secret}");
    }
    let stretched = kept("SELECT passphrase_hash AS kept FROM accounts WHERE passphrase_hash IS NOT NULL");
    assert!(stretched[0].starts_with("$argon2id$v=19$m=65536,t=3,p=1$"), "{stretched:?}");
}
