//! Labels that readers cannot tell apart: those that are the same but for case, space and signs that nobody sees, and those that look
//! alike because letters of another alphabet do.

use unicode_normalization::UnicodeNormalization;
use unicode_normalization::char::is_combining_mark;

/// A label without what makes no difference to a reader: case, white space beside and between words, signs that nobody sees, and forms
/// that Unicode calls compatible. Two labels that fold to the same are one.
pub fn folded(label: &str) -> String {
    let seen = label.chars().filter(|c| !is_invisible(*c));
    let lower: String = seen.nfkc().flat_map(char::to_lowercase).collect();
    let lower = lower.replace('ß', "ss").replace('ς', "σ");
    let plain: String = lower.nfkc().filter(|c| !is_invisible(*c)).collect();
    plain.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// How a label looks: every letter as the Latin one that it looks like, in either case and without marks. Two labels that differ and
/// look the same are to be looked at.
pub fn look(label: &str) -> String {
    let plain = folded(label);
    let look: String = plain.nfd().filter(|c| !is_combining_mark(*c)).map(look_of).collect();
    look.replace("rn", "m").replace("vv", "w")
}

/// Whether a text shows nothing, so that it says nothing either: every place where that matters asks here.
pub fn shows_nothing(text: &str) -> bool {
    text.chars().all(is_blank)
}

/// Whether a sign shows nothing: white space, and what joins or parts letters.
pub fn is_blank(c: char) -> bool {
    c.is_whitespace() || is_invisible(c)
}

/// Signs that are not shown: what Unicode calls default ignorable, and controls.
fn is_invisible(c: char) -> bool {
    c.is_control() && !c.is_whitespace()
        || matches!(c, '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{3164}'
            | '\u{feff}' | '\u{ffa0}' | '\u{2800}'
            | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}'
            | '\u{fe00}'..='\u{fe0f}' | '\u{fff0}'..='\u{fff8}' | '\u{1d173}'..='\u{1d17a}' | '\u{e0000}'..='\u{e0fff}')
}

/// What a small letter or digit looks like, where its small or its capital form looks like another.
fn look_of(c: char) -> char {
    match c {
        // Cyrillic.
        'а' => 'a',
        'б' => '6',
        'в' => 'b',
        'е' | 'є' => 'e',
        'з' => '3',
        'к' | 'қ' => 'k',
        'м' => 'm',
        'н' | 'һ' | 'ң' => 'h',
        'о' | 'ө' => 'o',
        'р' => 'p',
        'с' => 'c',
        'т' => 't',
        'у' | 'ү' | 'ұ' => 'y',
        'х' | 'ҳ' => 'x',
        'ѕ' => 's',
        'і' | 'ӏ' => 'l',
        'ј' => 'j',
        'ԁ' => 'd',
        'ԛ' => 'q',
        'ԝ' => 'w',
        // Greek.
        'α' => 'a',
        'β' => 'b',
        'γ' | 'υ' => 'y',
        'ε' => 'e',
        'ζ' => 'z',
        'η' => 'h',
        'ι' => 'l',
        'κ' => 'k',
        'μ' => 'm',
        'ν' => 'n',
        'ο' | 'σ' => 'o',
        'ρ' => 'p',
        'τ' => 't',
        'χ' => 'x',
        'ω' => 'w',
        // Latin and digits that differ in few typefaces.
        'i' | '1' | '|' | 'ı' => 'l',
        '0' => 'o',
        '‐' | '‑' | '‒' | '–' | '—' | '−' => '-',
        '’' | '‘' | 'ʼ' | '`' => '\'',
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_can_see_makes_no_difference() {
        for same in [
            "Arson",
            "arson",
            "ARSON",
            " Arson ",
            "Ar\u{200b}son",
            "A\u{ad}rson",
            "\u{feff}Arson",
            "Ａｒｓｏｎ",
            "Arson\u{a0}",
            "Arson\u{e0101}",
        ] {
            assert_eq!(folded(same), "arson", "{same:?}");
        }
        assert_eq!(folded("Поджог \u{2003} дома"), folded("поджог дома"));
        assert_eq!(folded("STRASSE"), folded("straße"));
        assert_eq!(folded("e\u{301}"), folded("É"));
        for other in ["Arson!", "Arsons", "Ar son", "Аrson"] {
            assert_ne!(folded(other), "arson", "{other:?}");
        }
    }

    #[test]
    fn a_text_of_signs_that_nobody_sees_shows_nothing() {
        for blank in ["", " \t\n", "\u{200b}", "\u{3164}", "\u{2800}", "\u{ad}", "\u{fe0f}", "\u{a0}\u{200d} \u{feff}"]
        {
            assert!(shows_nothing(blank), "{blank:?}");
        }
        assert!(!shows_nothing("\u{200b}-"));
    }

    #[test]
    fn letters_of_another_alphabet_look_alike() {
        for (one, other) in
            [("Аrson", "Arson"), ("ТОРТ", "TOPT"), ("Ρeace", "Peace"), ("ΚΑΝΟ", "KANO"), ("Еще", "Ещё"), ("1ll", "Ill")]
        {
            assert_eq!(look(one), look(other), "{one} {other}");
            assert_ne!(folded(one), folded(other), "{one} {other}");
        }
        for (one, other) in [("Поджог", "Подлог"), ("Arson", "Person"), ("Threat", "Treat")] {
            assert_ne!(look(one), look(other), "{one} {other}");
        }
    }
}
