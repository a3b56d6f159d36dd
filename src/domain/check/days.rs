//! Days and dates of an entry.

use chrono::NaiveDate;

use super::{Checker, Rule};
use crate::domain::edtf::Edtf;

impl Checker<'_> {
    /// A day, `YYYY-MM-DD`.
    pub fn day(&mut self, field: &str, value: Option<&str>) -> Option<NaiveDate> {
        let value = value.map(str::trim).filter(|value| !value.is_empty())?;
        let day = parse_day(value);
        if day.is_none() {
            self.refuse(field, Rule::Malformed, Some(value), "a day as YYYY-MM-DD");
        }
        day
    }

    /// A day that has begun somewhere on earth, for whoever gives it may be there; today in UTC where none is given.
    pub fn past_day(&mut self, field: &str, value: Option<&str>) -> NaiveDate {
        let (today, latest) = (self.register.today(), self.register.latest_day());
        match self.day(field, value) {
            Some(day) if day > latest => {
                let expected = format!("a day that has begun somewhere, {latest} at the latest");
                self.refuse(field, Rule::InFuture, value, expected);
                today
            }
            Some(day) => day,
            None => today,
        }
    }

    /// A date as a source gives it, in EDTF.
    pub fn date(&mut self, field: &str, value: Option<&str>) -> Edtf {
        let text = self.required(field, value);
        if !text.is_empty() {
            match Edtf::parse(&text) {
                Ok(date) => return date,
                Err(why) => {
                    let example = "2017, 2017-04~, 2017-04-01 or 2017-02/2018-04-03";
                    let expected = format!("a date in EDTF such as {example} ({})", why.reason());
                    self.refuse(field, Rule::Malformed, Some(&text), expected);
                }
            }
        }
        Edtf::unknown()
    }
}

/// Reads `YYYY-MM-DD`, years 0001 to 9999 and no other spelling.
pub fn parse_day(text: &str) -> Option<NaiveDate> {
    let plain = text.len() == 10 && text.bytes().all(|byte| byte.is_ascii_digit() || byte == b'-');
    if plain && !text.starts_with("0000") { text.parse().ok() } else { None }
}
