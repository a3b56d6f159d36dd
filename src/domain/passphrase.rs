//! Passphrases of people: what is accepted as one. Long ones, of any characters, that are not among the first that anybody
//! would try (NIST SP 800-63B, section 3.1.1.2: length and a blocklist, no rules of composition).

use std::collections::BTreeSet;

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;
use zeroize::Zeroizing;

/// How long a passphrase may be, in characters.
pub const SHORTEST: usize = 15;
pub const LONGEST: usize = 256;
/// What must be left of a passphrase once all that is easily guessed is taken out of it, in letters and digits.
const LEFT: usize = 6;
/// How many steps from one character to the next must be no step along a row of keys or of the alphabet.
const SURPRISES: usize = 6;
/// How many different letters and digits there must be.
const DIFFERENT: usize = 5;
/// A pattern up to this length is not made better by saying it again.
const PATTERN: usize = 11;

/// Rows of keys, as people slide along them.
const ROWS: [&str; 12] = [
    "1234567890",
    "qwertyuiop",
    "asdfghjkl",
    "zxcvbnm",
    "qwertzuiop",
    "azertyuiop",
    "qsdfghjklm",
    "йцукенгшщзхъ",
    "фывапролджэ",
    "ячсмитьбю",
    "1qaz2wsx3edc4rfv5tgb6yhn7ujm",
    "qazwsxedcrfvtgbyhnujm",
];

/// Words with which weak passphrases are made; a passphrase is not made of them alone.
const WORDS: [&str; 62] = [
    "password",
    "passphrase",
    "passwort",
    "passcode",
    "secret",
    "qwerty",
    "qwertz",
    "azerty",
    "welcome",
    "letmein",
    "login",
    "signin",
    "admin",
    "administrator",
    "root",
    "user",
    "test",
    "guest",
    "master",
    "changeme",
    "default",
    "iloveyou",
    "loveyou",
    "ilove",
    "monkey",
    "dragon",
    "sunshine",
    "princess",
    "football",
    "baseball",
    "superman",
    "batman",
    "shadow",
    "michael",
    "jordan",
    "freedom",
    "whatever",
    "trustno",
    "starwars",
    "computer",
    "internet",
    "database",
    "attest",
    "abc",
    "abcd",
    "summer",
    "winter",
    "spring",
    "autumn",
    "january",
    "december",
    "monday",
    "пароль",
    "привет",
    "любовь",
    "люблю",
    "админ",
    "солнышко",
    "россия",
    "москва",
    "наташа",
    "вопрос",
];

/// Sayings, lines of songs and poems, and examples that everybody has read.
const PHRASES: [&str; 44] = [
    "correct horse battery staple",
    "to be or not to be that is the question",
    "the quick brown fox jumps over the lazy dog",
    "all your base are belong to us",
    "may the force be with you",
    "i am your father",
    "lorem ipsum dolor sit amet",
    "hello darkness my old friend",
    "let it be let it be",
    "winter is coming",
    "one ring to rule them all",
    "in the beginning god created the heaven and the earth",
    "our father who art in heaven",
    "twinkle twinkle little star",
    "mary had a little lamb",
    "once upon a time",
    "and they lived happily ever after",
    "an apple a day keeps the doctor away",
    "actions speak louder than words",
    "better late than never",
    "where there is a will there is a way",
    "i think therefore i am",
    "we hold these truths to be self evident",
    "all human beings are born free and equal",
    "four score and seven years ago",
    "i have a dream",
    "never gonna give you up",
    "this is my password",
    "this is a passphrase",
    "my voice is my passport",
    "open sesame",
    "the cake is a lie",
    "live long and prosper",
    "it was the best of times it was the worst of times",
    "call me ishmael",
    "съешь ещё этих мягких французских булок да выпей же чаю",
    "я помню чудное мгновенье",
    "мой дядя самых честных правил",
    "мороз и солнце день чудесный",
    "у лукоморья дуб зелёный",
    "буря мглою небо кроет",
    "тише едешь дальше будешь",
    "в лесу родилась ёлочка",
    "союз нерушимый республик свободных",
];

/// A passphrase, in Unicode's composed form, wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct Passphrase(Zeroizing<String>);

impl std::fmt::Debug for Passphrase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Passphrase")
    }
}

/// Why a passphrase is not accepted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Weakness {
    #[error("too short: at least {SHORTEST} characters")]
    TooShort,
    #[error("too long: at most {LONGEST} characters")]
    TooLong,
    #[error("it repeats one short pattern, or has hardly any different characters")]
    Repeated,
    #[error("it runs along the keyboard or the alphabet")]
    Sequence,
    #[error("little is left of it without common words, your name and ours")]
    Common,
    #[error("it is a well-known phrase")]
    WellKnown,
}

impl Passphrase {
    /// A new passphrase for an account of this name.
    ///
    /// # Errors
    /// [`Weakness`].
    pub fn new(text: &str, account: &str) -> Result<Self, Weakness> {
        let composed = composed(text);
        let length = composed.chars().count();
        if length < SHORTEST {
            return Err(Weakness::TooShort);
        }
        if length > LONGEST {
            return Err(Weakness::TooLong);
        }
        weakness(&composed, account).map_or(Ok(Self(composed)), Err)
    }

    /// What somebody says is a passphrase, to be held against the one that is kept. One that is too long to be one is cut.
    pub fn claimed(text: &str) -> Self {
        let text: Zeroizing<String> = Zeroizing::new(text.chars().take(4 * LONGEST).collect());
        Self(Zeroizing::new(composed(&text).chars().take(LONGEST + 1).collect()))
    }

    pub fn as_bytes(&self) -> &[u8] {
        self.0.as_bytes()
    }
}

fn composed(text: &str) -> Zeroizing<String> {
    Zeroizing::new(text.nfc().collect())
}

/// Letters and digits alone, in lower case and without accents: what somebody who guesses tries is the same.
fn folded(text: &str) -> Zeroizing<String> {
    let plain = text.nfkd().filter(|c| !is_combining_mark(*c)).flat_map(char::to_lowercase);
    Zeroizing::new(plain.filter(|c| c.is_alphanumeric()).collect())
}

/// The letters for which digits and signs are written.
fn spelt_out(text: &str) -> Zeroizing<String> {
    let letter = |c: char| match c {
        '0' => 'o',
        '1' | '!' => 'i',
        '3' => 'e',
        '4' | '@' => 'a',
        '5' | '$' => 's',
        '7' => 't',
        other => other,
    };
    folded(&Zeroizing::new(text.chars().map(letter).collect::<String>()))
}

fn weakness(text: &str, account: &str) -> Option<Weakness> {
    let plain = folded(text);
    let all: Zeroizing<Vec<char>> = Zeroizing::new(text.to_lowercase().chars().collect());
    let letters: Zeroizing<Vec<char>> = Zeroizing::new(plain.chars().collect());
    if repeats(&all) || repeats(&letters) || all.iter().collect::<BTreeSet<_>>().len() < DIFFERENT {
        return Some(Weakness::Repeated);
    }
    if surprises(&all) < SURPRISES {
        return Some(Weakness::Sequence);
    }
    let backwards: Zeroizing<String> = Zeroizing::new(plain.chars().rev().collect());
    let forms = [plain, spelt_out(text), backwards];
    if forms.iter().any(|form| is_well_known(form)) {
        return Some(Weakness::WellKnown);
    }
    // What is mostly of other signs has no words.
    let wordy = letters.len() * 2 > all.len();
    (wordy && forms.iter().any(|form| left(form, account) < LEFT)).then_some(Weakness::Common)
}

/// Whether the text is a short pattern said again and again.
fn repeats(text: &[char]) -> bool {
    let longest = PATTERN.min(text.len() / 2);
    (1..=longest).any(|length| text.iter().skip(length).eq(text.iter().take(text.len() - length)))
}

/// How many steps from one character to the next are neither to the same, nor to a neighbour on the keyboard, in the
/// alphabet or among the digits.
fn surprises(text: &[char]) -> usize {
    let neighbours = |a: char, b: char| {
        let step = u32::from(a).abs_diff(u32::from(b)) <= 1;
        let slides = |row: &&str| {
            let keys: Vec<char> = row.chars().collect();
            keys.windows(2).any(|pair| pair == [a, b] || pair == [b, a])
        };
        step || ROWS.iter().any(slides)
    };
    text.windows(2).filter(|pair| !neighbours(pair[0], pair[1])).count()
}

/// Whether little is left of it beside a phrase that everybody knows, or beside a long piece of one.
fn is_well_known(form: &str) -> bool {
    let length = form.chars().count();
    PHRASES.iter().map(|phrase| folded(phrase)).any(|phrase| {
        let rest = form.replace(phrase.as_str(), "").chars().count();
        (rest < length && rest < LEFT) || (length >= 8 && phrase.contains(form))
    })
}

/// How many characters are left without common words, the account's name and ours, and years.
fn left(form: &str, account: &str) -> usize {
    let name = folded(account);
    let mut words: Vec<Zeroizing<String>> = WORDS.iter().map(|word| folded(word)).collect();
    words.extend(folded_parts(account));
    words.push(name);
    words.retain(|word| word.chars().count() >= 3);
    words.sort_by_key(|word| std::cmp::Reverse(word.len()));
    let mut rest = Zeroizing::new(form.to_owned());
    for word in words {
        rest = Zeroizing::new(rest.replace(word.as_str(), ""));
    }
    for year in 1940..2041 {
        rest = Zeroizing::new(rest.replace(&year.to_string(), ""));
    }
    rest.chars().count()
}

fn folded_parts(account: &str) -> impl Iterator<Item = Zeroizing<String>> {
    account.split(['.', '_', '-']).map(folded)
}
