//! How countries write numbers and times, as Windows has it: `[cultureinfo]'de-DE'`, and what
//! `.ToString(format, culture)` and `Parse(text, culture)` make of it. The shell itself writes as
//! in the United States.
//!
//! Owns the table. Read next: `numeric`, `text`.

use super::error::{Category, Error};
use super::object::Object;
use super::text::to_text;
use super::value::Value;

/// Type of a culture.
pub(in crate::lang) const CULTURE: &str = "System.Globalization.CultureInfo";
/// Type of its `TextInfo`.
pub(in crate::lang) const TEXT: &str = "System.Globalization.TextInfo";

/// How a country, or nobody, writes numbers and times.
#[derive(Debug)]
pub struct Culture {
    name: &'static str,
    number: i64,
    english: &'static str,
    native: &'static str,
    /// What stands before the fraction, and between thousands.
    pub(super) decimal: &'static str,
    pub(super) group: &'static str,
    list: &'static str,
    currency: &'static str,
    /// `n` is the amount.
    pub(super) money: &'static str,
    pub(super) money_below_zero: &'static str,
    pub(super) percent: &'static str,
    /// What `/` in a format of a date stands for.
    pub(super) between_days: &'static str,
    short_date: &'static str,
    long_date: &'static str,
    short_time: &'static str,
    long_time: &'static str,
    pub(super) before_noon: &'static str,
    pub(super) after_noon: &'static str,
    first_day: (&'static str, i64),
    pub(super) months: [&'static str; 12],
    pub(super) short_months: [&'static str; 12],
    /// From Monday.
    pub(super) days: [&'static str; 7],
    pub(super) short_days: [&'static str; 7],
}

const ENGLISH: Culture = Culture {
    name: "en-US",
    number: 1033,
    english: "English (United States)",
    native: "English (United States)",
    decimal: ".",
    group: ",",
    list: ",",
    currency: "$",
    money: "$n",
    money_below_zero: "($n)",
    percent: "n %",
    between_days: "/",
    short_date: "M/d/yyyy",
    long_date: "dddd, MMMM d, yyyy",
    short_time: "h:mm tt",
    long_time: "h:mm:ss tt",
    before_noon: "AM",
    after_noon: "PM",
    first_day: ("Sunday", 0),
    months: super::text::MONTHS,
    short_months: [
        "Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec",
    ],
    days: super::text::DAYS,
    short_days: ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"],
};

static CULTURES: [Culture; 5] = [
    ENGLISH,
    Culture {
        name: "",
        number: 127,
        english: "Invariant Language (Invariant Country)",
        native: "Invariant Language (Invariant Country)",
        currency: "¤",
        money: "¤n",
        money_below_zero: "(¤n)",
        short_date: "MM/dd/yyyy",
        long_date: "dddd, dd MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        ..ENGLISH
    },
    Culture {
        name: "en-GB",
        number: 2057,
        english: "English (United Kingdom)",
        native: "English (United Kingdom)",
        currency: "£",
        money: "£n",
        money_below_zero: "-£n",
        percent: "n%",
        short_date: "dd/MM/yyyy",
        long_date: "dd MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        first_day: ("Monday", 1),
        ..ENGLISH
    },
    Culture {
        name: "de-DE",
        number: 1031,
        english: "German (Germany)",
        native: "Deutsch (Deutschland)",
        decimal: ",",
        group: ".",
        list: ";",
        currency: "€",
        money: "n €",
        money_below_zero: "-n €",
        between_days: ".",
        short_date: "dd.MM.yyyy",
        long_date: "dddd, d. MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        before_noon: "",
        after_noon: "",
        first_day: ("Monday", 1),
        months: [
            "Januar",
            "Februar",
            "März",
            "April",
            "Mai",
            "Juni",
            "Juli",
            "August",
            "September",
            "Oktober",
            "November",
            "Dezember",
        ],
        short_months: [
            "Jan", "Feb", "Mrz", "Apr", "Mai", "Jun", "Jul", "Aug", "Sep", "Okt", "Nov", "Dez",
        ],
        days: ["Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag", "Samstag", "Sonntag"],
        short_days: ["Mo", "Di", "Mi", "Do", "Fr", "Sa", "So"],
        ..ENGLISH
    },
    Culture {
        name: "fr-FR",
        number: 1036,
        english: "French (France)",
        native: "français (France)",
        decimal: ",",
        group: "\u{a0}",
        list: ";",
        currency: "€",
        money: "n €",
        money_below_zero: "-n €",
        short_date: "dd/MM/yyyy",
        long_date: "dddd d MMMM yyyy",
        short_time: "HH:mm",
        long_time: "HH:mm:ss",
        before_noon: "",
        after_noon: "",
        first_day: ("Monday", 1),
        months: [
            "janvier",
            "février",
            "mars",
            "avril",
            "mai",
            "juin",
            "juillet",
            "août",
            "septembre",
            "octobre",
            "novembre",
            "décembre",
        ],
        short_months: [
            "janv.", "févr.", "mars", "avr.", "mai", "juin", "juil.", "août", "sept.", "oct.",
            "nov.", "déc.",
        ],
        days: ["lundi", "mardi", "mercredi", "jeudi", "vendredi", "samedi", "dimanche"],
        short_days: ["lun.", "mar.", "mer.", "jeu.", "ven.", "sam.", "dim."],
        ..ENGLISH
    },
];

/// The culture the shell writes in.
pub(crate) fn own() -> &'static Culture {
    &CULTURES[0]
}

/// The culture that a value is, if it is one.
pub(in crate::lang) fn of(value: &Value) -> Option<&'static Culture> {
    match value {
        Value::Object(object) if object.type_name() == CULTURE => named(object.shown()?),
        _ => None,
    }
}

/// A culture by its name; a language alone means the country first in the table.
fn named(name: &str) -> Option<&'static Culture> {
    let is_it = |culture: &&Culture| culture.name.eq_ignore_ascii_case(name);
    let speaks = |culture: &&Culture| {
        !name.is_empty()
            && culture.name.split('-').next().is_some_and(|own| own.eq_ignore_ascii_case(name))
    };
    CULTURES.iter().find(is_it).or_else(|| CULTURES.iter().find(speaks))
}

/// `[cultureinfo]'de-DE'`
///
/// # Errors
/// If it is none that this shell knows.
pub(in crate::lang) fn convert(value: &Value) -> Result<Value, Error> {
    let text = match value {
        Value::Object(object) if object.type_name() == CULTURE => return Ok(value.clone()),
        // The number of the culture.
        number if number.is_number() => {
            let wanted = super::types::whole(number);
            let found = CULTURES.iter().find(|culture| Some(culture.number) == wanted);
            found.map_or_else(|| to_text(number), |culture| culture.name.to_owned())
        }
        other => to_text(other),
    };
    named(&text).map(|culture| culture.value()).ok_or_else(|| {
        let message = format!(
            "Cannot convert value \"{text}\" to type \"System.Globalization.CultureInfo\". Error: \
             \"Culture is not supported. Parameter name: name {text} is an invalid culture \
             identifier.\""
        );
        let known: Vec<&str> = CULTURES.iter().map(|culture| culture.name).collect();
        Error::new(Category::InvalidArgument, "InvalidCastConstructorException", message)
            .exception("RuntimeException")
            .advice(format!(
                "This shell knows {} and the invariant culture ('').",
                known.join(" ").split_whitespace().collect::<Vec<_>>().join(", ")
            ))
    })
}

/// A member of the type.
pub(in crate::lang) fn member(lower: &str) -> Option<Value> {
    match lower {
        "invariantculture" => named("").map(Culture::value),
        "currentculture" | "currentuiculture" | "installeduiculture" => Some(own().value()),
        _ => None,
    }
}

/// A method of the type.
///
/// # Errors
/// If there is no such culture.
pub(in crate::lang) fn call(lower: &str, arguments: &[Value]) -> Result<Option<Value>, Error> {
    match (lower, arguments) {
        ("getcultureinfo" | "createspecificculture", [name]) => convert(name).map(Some),
        ("getcultures", [_]) => Ok(Some(Value::list(CULTURES.iter().map(Culture::value)))),
        _ => Ok(None),
    }
}

impl Culture {
    /// The culture as an object.
    pub fn value(&self) -> Value {
        let text = Object::new(TEXT)
            .shown_as(&format!("TextInfo - {}", self.name))
            .with("CultureName", self.name)
            .with("LCID", self.number)
            .with("ListSeparator", self.list);
        Value::Object(
            Object::new(CULTURE)
                .shown_as(self.name)
                .with("LCID", self.number)
                .with("Name", self.name)
                .with("DisplayName", self.english)
                .with("EnglishName", self.english)
                .with("NativeName", self.native)
                .with("TwoLetterISOLanguageName", self.language())
                .with("DateTimeFormat", self.date_format())
                .with("NumberFormat", self.number_format())
                .with("TextInfo", text),
        )
    }

    fn language(&self) -> &str {
        match self.name {
            "" => "iv",
            name => name.split('-').next().unwrap_or(name),
        }
    }

    /// `DateTimeFormat`: names begin with Sunday, and months end with an empty thirteenth.
    fn date_format(&self) -> Object {
        let from_sunday = |days: &[&'static str; 7]| {
            let mut days = days.to_vec();
            days.rotate_right(1);
            Value::list(days)
        };
        let months = |months: &[&'static str; 12]| Value::list(months.iter().copied().chain([""]));
        let (day, number) = self.first_day;
        Object::new("System.Globalization.DateTimeFormatInfo")
            .with("AMDesignator", self.before_noon)
            .with("PMDesignator", self.after_noon)
            .with("DateSeparator", self.between_days)
            .with("TimeSeparator", ":")
            .with("FirstDayOfWeek", Value::named("System.DayOfWeek", day, number))
            .with("FullDateTimePattern", format!("{} {}", self.long_date, self.long_time))
            .with("LongDatePattern", self.long_date)
            .with("LongTimePattern", self.long_time)
            .with("ShortDatePattern", self.short_date)
            .with("ShortTimePattern", self.short_time)
            .with("SortableDateTimePattern", "yyyy'-'MM'-'dd'T'HH':'mm':'ss")
            .with("MonthNames", months(&self.months))
            .with("AbbreviatedMonthNames", months(&self.short_months))
            .with("DayNames", from_sunday(&self.days))
            .with("AbbreviatedDayNames", from_sunday(&self.short_days))
    }

    fn number_format(&self) -> Object {
        Object::new("System.Globalization.NumberFormatInfo")
            .with("CurrencyDecimalDigits", 2)
            .with("CurrencyDecimalSeparator", self.decimal)
            .with("CurrencyGroupSeparator", self.group)
            .with("CurrencySymbol", self.currency)
            .with("NaNSymbol", "NaN")
            .with("NegativeSign", "-")
            .with("NumberDecimalDigits", 2)
            .with("NumberDecimalSeparator", self.decimal)
            .with("NumberGroupSeparator", self.group)
            .with("PercentDecimalSeparator", self.decimal)
            .with("PercentGroupSeparator", self.group)
            .with("PercentSymbol", "%")
            .with("PositiveSign", "+")
    }

    /// The format that one of .NET's letters stands for; none if it is no letter of dates.
    pub(super) fn date_pattern(&self, letter: &str) -> Option<String> {
        let both = |date: &str, time: &str| format!("{date} {time}");
        Some(match letter {
            "d" => self.short_date.to_owned(),
            "D" => self.long_date.to_owned(),
            "t" => self.short_time.to_owned(),
            "T" => self.long_time.to_owned(),
            "f" => both(self.long_date, self.short_time),
            "F" | "" => both(self.long_date, self.long_time),
            "g" => both(self.short_date, self.short_time),
            "G" => both(self.short_date, self.long_time),
            _ => return None,
        })
    }

    /// A number's text, written as here.
    pub(super) fn localised(&self, number: &str) -> String {
        let sign = |c: char| match c {
            '.' => self.decimal.to_owned(),
            ',' => self.group.to_owned(),
            other => other.to_string(),
        };
        number.chars().map(sign).collect()
    }

    /// A number written here, as the shell writes it.
    pub(super) fn read_number(&self, text: &str) -> String {
        // A blank between thousands is typed, whatever blank is printed.
        let group = if self.group == "\u{a0}" { " " } else { self.group };
        text.replace(self.group, "").replace(group, "").replace(self.decimal, ".")
    }

    /// A date written here, with the month first as the shell reads it.
    pub(super) fn read_date(&self, text: &str) -> String {
        let text = text.trim();
        if !self.short_date.starts_with('d') {
            return text.to_owned();
        }
        let end = text.find(' ').unwrap_or(text.len());
        let (date, clock) = text.split_at(end);
        let parts: Vec<&str> = date.split(['.', '/', '-']).collect();
        match parts.as_slice() {
            [day, month, year] if day.len() <= 2 => format!("{month}/{day}/{year}{clock}"),
            _ => text.to_owned(),
        }
    }
}

/// `TextInfo.ToTitleCase`: each word begins with a capital; a word of capitals stays one.
pub(in crate::lang) fn title_case(text: &str) -> String {
    let mut done = String::with_capacity(text.len());
    for word in text.split_inclusive(|c: char| !c.is_alphanumeric() && c != '\'') {
        let is_capitals = word.chars().filter(|c| c.is_alphabetic()).count() > 1
            && !word.chars().any(char::is_lowercase);
        let mut chars = word.chars();
        if let (false, Some(first)) = (is_capitals, chars.next()) {
            done.extend(first.to_uppercase());
            done.push_str(&chars.as_str().to_lowercase());
        } else {
            done.push_str(word);
        }
    }
    done
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, expected) in [
            ("de-DE", Some("de-DE")),
            ("DE-de", Some("de-DE")),
            ("de", Some("de-DE")),
            ("en", Some("en-US")),
            ("", Some("")),
            ("xx-YY", None),
        ] {
            assert_eq!(named(text).map(|culture| culture.name), expected, "{text}");
        }
    }

    #[test]
    fn titles() {
        for (text, expected) in [
            ("ken myer", "Ken Myer"),
            ("KEN myer-smith", "KEN Myer-Smith"),
            ("o'neill élan", "O'neill Élan"),
            ("", ""),
        ] {
            assert_eq!(title_case(text), expected);
        }
    }
}
