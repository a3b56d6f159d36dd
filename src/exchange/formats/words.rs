//! What formats say in words, in every language: one place for all of them.

use chrono::{Datelike, NaiveDate};

use crate::domain::aggregate::Measure;
use crate::domain::count::{Bound, Bounded, Count, Qualifier};
use crate::domain::dimension::{Values, dimension};
use crate::domain::release::content::Basis;

/// A language in which formats speak.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Language {
    #[default]
    English,
    Russian,
}

impl Language {
    pub const WORDS: &[(&'static str, Self)] = &[("en", Self::English), ("ru", Self::Russian)];

    pub fn code(self) -> &'static str {
        self.pick("en", "ru")
    }

    /// The text in this language.
    pub(crate) fn pick<T>(self, english: T, russian: T) -> T {
        match self {
            Self::English => english,
            Self::Russian => russian,
        }
    }
}

/// What divides a table, as a heading.
pub fn heading(code: &str, language: Language) -> &str {
    let (english, russian) = match code {
        "kind" => ("What happened", "Что произошло"),
        "family" => ("Family of what happened", "Вид произошедшего"),
        "ground" => ("Why the person asked for help", "Почему человек обратился за помощью"),
        "place" => ("Where it happened", "Где произошло"),
        "origin" => ("Where the person comes from", "Откуда человек"),
        "destination" => ("Where the movement led", "Куда переехал человек"),
        "year" => ("Year", "Год"),
        "quarter" => ("Quarter", "Квартал"),
        "month" => ("Month", "Месяц"),
        "actor" => ("Who took part", "Кто участвовал"),
        "source" => ("Where it is known from", "Откуда известно"),
        "reliability" => ("Reliability of the source", "Надёжность источника"),
        "basis" => ("What the record stands on", "На чём основана запись"),
        "sex" => ("Sex", "Пол"),
        "age_group" => ("Age group", "Возрастная группа"),
        other => (other, other),
    };
    language.pick(english, russian)
}

/// What a code is called that no controlled list holds.
pub fn code(code: &str, language: Language) -> &str {
    match code {
        "case_file" => language.pick("Case file", "Дело"),
        "reconstructed" => language.pick("Built from a published figure", "По опубликованной цифре"),
        "_T" => language.pick("Total", "Всего"),
        "_U" => language.pick("Not known", "Не известно"),
        "_Z" => language.pick("Not applicable", "Не применимо"),
        "_O" => language.pick("Other", "Другое"),
        other => other,
    }
}

/// What a figure is called: of the figures that come with Attest as people say it, of others the words of its code.
pub fn figure(code: &str, language: Language) -> String {
    let (english, russian) = match code {
        "contacted" => ("Asked for help", "Обратились за помощью"),
        "supported" => ("Given support", "Получили поддержку"),
        "evacuated" => ("Evacuated", "Эвакуированы"),
        "left_russia" => ("Left Russia", "Уехали из России"),
        "detained" => ("Detained", "Задержаны"),
        "detained_tortured" => ("Detained and tortured", "Задержаны, подверглись пыткам"),
        "threatened_by_law_enforcement" => ("Threatened by law enforcement", "Получили угрозы от силовиков"),
        "threatened_by_relatives" => ("Threatened by relatives", "Получили угрозы от родственников"),
        "acquaintances_detained" => ("Acquaintances were detained", "Задержаны их знакомые"),
        "close_relatives" => ("Close relatives of victims", "Близкие родственники пострадавших"),
        "forced_returns" => ("Abducted and returned by force", "Похищены и возвращены насильно"),
        "forced_returns_dead" => ("Of those returned by force: dead", "Из возвращённых насильно: погибли"),
        "other_returns" => ("Returned by themselves", "Вернулись сами"),
        "other_returns_dead" => ("Of those who returned: dead", "Из вернувшихся: погибли"),
        "persecuted_for_contacts" => ("Persecuted for contacts", "Преследовались за контакты"),
        "kidnap_attempts" => ("Attempts to kidnap", "Попытки похищения"),
        "dead" => ("Dead", "Погибли"),
        other => {
            let mut letters = other.chars();
            let first = letters.next().map(|first| first.to_uppercase().to_string()).unwrap_or_default();
            return (first + letters.as_str()).replace('_', " ");
        }
    };
    language.pick(english, russian).to_owned()
}

/// The controlled list of the codes that a filter names.
pub fn list(filter: &str) -> Option<&'static str> {
    match dimension(filter)?.values {
        Values::Vocabulary { name, .. } => Some(name),
        _ => None,
    }
}

pub fn measure(measure: Measure, language: Language) -> &'static str {
    match measure {
        Measure::Persons => language.pick("Persons", "Люди"),
        Measure::Incidents => language.pick("Incidents", "Происшествия"),
    }
}

/// "Number of persons".
pub fn number_of(measure: Measure, language: Language) -> &'static str {
    match measure {
        Measure::Persons => language.pick("Number of persons", "Число людей"),
        Measure::Incidents => language.pick("Number of incidents", "Число происшествий"),
    }
}

/// A number with its thousands set apart by a space that does not break.
pub fn number(number: u64) -> String {
    let digits = number.to_string();
    // Four digits are read at a glance, and may be a year.
    if digits.len() < 5 {
        return digits;
    }
    let first = digits.len() % 3;
    let mut grouped = String::new();
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && at % 3 == first {
            grouped.push('\u{a0}');
        }
        grouped.push(digit);
    }
    grouped
}

/// A day as people write it.
pub fn day(day: NaiveDate, language: Language) -> String {
    const MONTHS: [Both; 12] = [
        ("January", "января"),
        ("February", "февраля"),
        ("March", "марта"),
        ("April", "апреля"),
        ("May", "мая"),
        ("June", "июня"),
        ("July", "июля"),
        ("August", "августа"),
        ("September", "сентября"),
        ("October", "октября"),
        ("November", "ноября"),
        ("December", "декабря"),
    ];
    let month = MONTHS.get(day.month0() as usize).map_or("", |month| say(*month, language));
    format!("{}\u{a0}{month} {}", day.day(), day.year())
}

/// A count in words: "114", "at least 2", "19 to 41".
pub fn count(count: Count, language: Language) -> String {
    match count {
        Count::NotAttested { low, high } => {
            format!("{} {} {}", number(low), language.pick("to", "–"), number(high))
        }
        Count::Attested { value, bound } => match bound {
            Bound::Exact => number(value),
            Bound::AtLeast => format!("{} {}", say(AT_LEAST, language), number(value)),
            Bound::About => format!("{} {}", say(ABOUT, language), number(value)),
        },
    }
}

/// A published number in words: "114", "more than 80".
pub fn bounded(bounded: Bounded, language: Language) -> String {
    let word = match bounded.qualifier {
        Qualifier::Exact => return number(bounded.value),
        Qualifier::About => ABOUT,
        Qualifier::AtLeast => AT_LEAST,
        Qualifier::MoreThan => MORE_THAN,
    };
    format!("{} {}", say(word, language), number(bounded.value))
}

/// A published number where there is little room: "114", ">80".
pub fn short_bounded(bounded: Bounded) -> String {
    let sign = match bounded.qualifier {
        Qualifier::Exact => "",
        Qualifier::About => "≈",
        Qualifier::AtLeast => "≥",
        Qualifier::MoreThan => ">",
    };
    format!("{sign}{}", number(bounded.value))
}

/// A count where there is little room: "114", "≥2", "19–41".
pub fn short(count: Count) -> String {
    match count {
        Count::NotAttested { low, high } => format!("{}–{}", number(low), number(high)),
        Count::Attested { value, bound } => match bound {
            Bound::Exact => number(value),
            Bound::AtLeast => format!("≥{}", number(value)),
            Bound::About => format!("≈{}", number(value)),
        },
    }
}

/// A text in both languages.
type Both = (&'static str, &'static str);

pub const WITHHELD: Both = ("withheld", "скрыто");
/// Of a table built from published figures.
pub const EMPTY: Both = ("no record was built", "записей не построено");
/// A withheld cell may well be zero: whoever reads "not zero" as a fact about it would learn something.
pub const WITHHELD_LEGEND: Both =
    ("Withheld to protect people: not to be read as zero", "Скрыто для защиты людей: не читать как ноль");
pub const PUBLISHED: Both = ("published", "опубликовано");
pub const NOT_ATTESTED: Both = ("combination not attested", "сочетание не засвидетельствовано");
pub const NOT_ATTESTED_LEGEND: Both =
    ("Nobody published how these combine: from – to", "Никто не публиковал, как это сочетается: от – до");
pub const BASIS: Both = ("Stands on", "Основа");
pub const COUNT: Both = ("Count", "Число");
pub const STATE: Both = ("State", "Состояние");
pub const MEASURE: Both = ("What is counted", "Что считается");
pub const AT_LEAST: Both = ("at least", "не менее");
pub const ABOUT: Both = ("about", "около");
pub const TOTAL: Both = ("Total", "Всего");
pub const WITH_EACH: Both = ("With each of", "С каждым из");
pub const SOURCE: Both = ("Source", "Источник");
pub const RELEASE: Both = ("Release", "Выпуск");
pub const KNOWN_BY: Both = ("what was known by", "что было известно на");
pub const AS_OF: Both = ("as of", "по состоянию на");
pub const MORE_THAN: Both = ("more than", "более");
pub const FIGURE_NOT_EXACT: Both =
    ("Open circle: at least, more than or about", "Пустой круг: не менее, более или около");
pub const FIGURE_CONFLICT: Both = (
    "Published figures of one day that differ; all are kept",
    "Опубликованные на один день цифры расходятся; сохранены все",
);

/// These are remarks on the numbers of a table, by the code that programmes read.
pub const CAVEATS: &[(&str, Both)] = &[
    (
        "documented_cases",
        ("Documented cases, not how often it happens.", "Документированные случаи, а не частота явления."),
    ),
    (
        "withheld",
        (
            "A count that is withheld is null with conf_status C. It can be any number and is not to be read as zero.",
            "Скрытое число — null с conf_status C. Оно может быть любым, и его нельзя читать как ноль.",
        ),
    ),
    (
        "standing",
        (
            "Some numbers stand as an earlier release told them: since then too little has changed to tell it.",
            "Некоторые числа остались такими, как в прежнем выпуске: с тех пор изменилось слишком мало, чтобы об этом сказать.",
        ),
    ),
    (
        "not_additive",
        (
            "Groups overlap: they do not add up to the total, which is counted on its own.",
            "Группы пересекаются: в сумме они не дают итога, он сосчитан отдельно.",
        ),
    ),
    (
        "not_attested",
        (
            "Nobody published how some of these records combine; the true number lies from low to high.",
            "Никто не публиковал, как сочетаются некоторые из этих записей; верное число лежит от low до high.",
        ),
    ),
    (
        "uncertain_dates",
        (
            "A bucket of time counts what lies wholly inside it; what is dated less finely is under _U.",
            "Промежуток времени считает то, что целиком лежит в нём; датированное менее точно — под _U.",
        ),
    ),
];

/// The remark of this code.
pub fn caveat(code: &str, language: Language) -> &'static str {
    CAVEATS.iter().find(|(own, _)| *own == code).map_or("", |(_, text)| say(*text, language))
}

/// On what a table stands.
pub fn basis(basis: Basis, language: Language) -> &'static str {
    let (reconstructed, cases) = (
        ("records built from published figures", "записи, построенные по опубликованным числам"),
        ("case files", "дела"),
    );
    say(
        match basis {
            Basis::Reconstructed => reconstructed,
            Basis::CaseFile => cases,
            Basis::Both => ("both, side by side", "то и другое рядом"),
            Basis::Added => ("both together", "то и другое вместе"),
        },
        language,
    )
}

/// One of the texts above.
pub fn say(text: Both, language: Language) -> &'static str {
    language.pick(text.0, text.1)
}
