//! What is accepted as a passphrase.

use attest::domain::passphrase::{LONGEST, Passphrase, SHORTEST, Weakness};
use proptest::prelude::*;
use unicode_normalization::UnicodeNormalization;

fn weakness(text: &str) -> Option<Weakness> {
    Passphrase::new(text, "anna.k").err()
}

#[test]
fn passphrases_that_people_think_of_first_are_refused() {
    use Weakness::{Common, Repeated, Sequence, WellKnown};
    for (text, why) in [
        ("aaaaaaaaaaaaaaaaaaaa", Repeated),
        ("abcabcabcabcabcabc", Repeated),
        ("xK7#xK7#xK7#xK7#", Repeated),
        ("abab abab abab abab", Repeated),
        ("!?!?!?!?!?!?!?!?", Repeated),
        ("пароль пароль пароль", Repeated),
        ("qwertyuiopasdfgh", Sequence),
        ("1234567890123456789", Sequence),
        ("abcdefghijklmnopqrstuvwxyz", Sequence),
        ("йцукенгшщзхъфывапролджэ", Sequence),
        ("zyxwvutsrqponmlkji", Sequence),
        ("password password1", Common),
        ("Passw0rd2026Passw0rd!", Common),
        ("attest-anna.k-2026", Common),
        ("AnnaAnnaAttestAttest", Common),
        ("password-anna-admin", Common),
        ("iloveyou princess 1", Common),
        ("мой пароль привет 1", Common),
        ("correct horse battery staple", WellKnown),
        ("CorrectHorseBatteryStaple1!", WellKnown),
        ("c0rrecth0rseb4tteryst4ple", WellKnown),
        ("elpats yrettab esroh tcerroc", WellKnown),
        ("to be, or not to be", WellKnown),
        ("The quick brown fox jumps", WellKnown),
        ("Я помню чудное мгновенье!", WellKnown),
        ("В лесу родилась елочка", WellKnown),
        ("съешь еще этих мягких французских булок", WellKnown),
    ] {
        assert_eq!(weakness(text), Some(why), "{text}");
    }
}

#[test]
fn passphrases_that_nobody_guesses_are_accepted() {
    for text in [
        "neun Kraniche über dem Moor",
        "correct mule battery pickle",
        "девять журавлей над болотом",
        "eT7#kq9!Zr2@mW5$",
        "九只鹤飞过沼泽上空而且没有人看见它们",
        "fümf Äpfel liegen im Gras",
        "seven grey herons, one lamp",
        "password manager makes this: qoxuv",
        "              a1b2 c3-d4 zq",
        "kayaks levitate noon",
    ] {
        assert_eq!(weakness(text), None, "{text}");
    }
}

#[test]
fn what_contains_the_name_is_judged_by_the_rest() {
    assert_eq!(weakness("anna.k walks nine herons home"), None);
    assert_eq!(Passphrase::new("maria-lopez-2026", "maria-lopez"), Err(Weakness::Common));
    assert!(Passphrase::new("maria-lopez-qtvuzx", "maria-lopez").is_ok());
}

/// Words that no rule has anything against, of some length.
fn innocent(length: usize) -> String {
    let mut text: String =
        "ghost umbrella pixel tundra crayon velvet jigsaw orbit ".chars().cycle().take(length).collect();
    // The pattern is longer than what counts as one, and its end is marked.
    text.pop();
    text.push('Ω');
    text
}

#[test]
fn the_length_is_counted_in_characters() {
    assert_eq!(weakness(&innocent(SHORTEST - 1)), Some(Weakness::TooShort));
    assert_eq!(weakness(&innocent(SHORTEST)), None);
    assert_eq!(weakness(&innocent(LONGEST)), None);
    assert_eq!(weakness(&innocent(LONGEST + 1)), Some(Weakness::TooLong));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_passphrase_is_the_same_in_every_normal_form(text in "[a-zäöüßéñйёї ]{0,40}") {
        let forms: [String; 4] = [text.clone(), text.nfc().collect(), text.nfd().collect(), text.nfd().collect::<String>().nfc().collect()];
        let read = forms.each_ref().map(|form| Passphrase::new(form, "anna"));
        let claimed = forms.each_ref().map(|form| Passphrase::claimed(form));
        for at in 1..forms.len() {
            prop_assert_eq!(&read[at], &read[0]);
            prop_assert_eq!(&claimed[at], &claimed[0]);
        }
        if let Ok(read) = &read[0] {
            prop_assert_eq!(read, &claimed[0]);
        }
    }

    #[test]
    fn too_short_and_too_long_are_told_of_the_composed_form(text in "\\PC{0,300}") {
        let length = text.nfc().count();
        let told = weakness(&text);
        prop_assert_eq!(told == Some(Weakness::TooShort), length < SHORTEST);
        prop_assert_eq!(told == Some(Weakness::TooLong), length > LONGEST);
    }

    #[test]
    fn what_is_claimed_is_never_cut_to_something_that_is_accepted(text in "\\PC{257,1200}") {
        prop_assert!(Passphrase::claimed(&text).as_bytes().len() > LONGEST || text.nfc().count() <= LONGEST);
    }

    #[test]
    fn one_short_pattern_again_and_again_is_refused(pattern in "\\PC{1,7}", times in 15_usize..20) {
        let text = pattern.repeat(times);
        if (SHORTEST..=LONGEST).contains(&text.nfc().count()) {
            prop_assert!(weakness(&text).is_some(), "{}", text);
        }
    }

    #[test]
    fn random_letters_are_accepted(text in "[a-z]{24}") {
        prop_assert_eq!(weakness(&text), None);
    }
}
