//! What is wrong with one field's value, or how it stands to its bound.

use super::{Cure, Finding, Severity};
use crate::{
    Cause, Field, FieldKind, Fields, LengthLimit, LengthUnit,
    field::{TagLimits, entries},
    times,
};
use jiff::Timestamp;

impl Field {
    /// All that is to be said of a value. `all` are the values beside it.
    pub fn findings(&self, value: &str, all: &Fields, now_ms: i64) -> Vec<Finding> {
        if value.trim().is_empty() {
            let when = self.required_when.as_ref();
            let needed =
                self.required || when.is_some_and(|when| all.get(&when.field) == Some(&when.is));
            let missing = || Finding::red(Cause::new("field_required")).on(&self.name);
            return needed.then(missing).into_iter().collect();
        }
        let mut found = self.lengths(value);
        found.extend(self.characters(value));
        if let Some(limits) = self.tags {
            found.extend(tags(limits, &entries(value)));
        }
        found.extend(self.form(value, now_ms));
        found.into_iter().map(|one| one.on(&self.name)).collect()
    }

    fn lengths(&self, value: &str) -> Vec<Finding> {
        let mut found = Vec::new();
        let bytes = self.bytes_max.map(|count| LengthLimit {
            count,
            of: LengthUnit::Byte,
        });
        for max in self.max.into_iter().chain(bytes) {
            let length = self.measure(value, max);
            let code = match (length > max.count, max.of) {
                (true, LengthUnit::Byte) => "field_too_many_bytes",
                (true, _) => "field_too_long",
                // Bytes beside characters are a figure that nobody asks for.
                (false, LengthUnit::Byte) => continue,
                (false, _) if self.advanced => continue,
                (false, _) => "met_length",
            };
            let cause = Cause::new(code)
                .with("length", length)
                .with("max", max.count);
            found.push(match code {
                "met_length" => Finding::green(cause),
                _ => Finding::red(cause).by(Cure::Shorten { to: max }),
            });
        }
        if let Some(min) = self.min
            && self.measure(value, min) < min.count
        {
            let cause = Cause::new("field_too_short").with("length", self.measure(value, min));
            found.push(Finding::red(cause.with("min", min.count)));
        }
        found
    }

    /// The first character that is refused, and where it stands.
    fn characters(&self, value: &str) -> Option<Finding> {
        let mut places = value.chars().zip(1_u32..);
        let (character, position) = places.find(|(c, _)| self.is_refused(*c))?;
        let count = value.chars().filter(|c| self.is_refused(*c)).count();
        let cause = Cause::new("field_character")
            .with("character", character)
            .with("code_point", format!("U+{:04X}", u32::from(character)))
            .with("position", position)
            .with("count", count);
        Some(Finding::red(cause).by(Cure::TakeOut))
    }

    /// Whether it is what its kind asks for.
    fn form(&self, value: &str, now_ms: i64) -> Option<Finding> {
        let value = value.trim();
        let wrong = |code: &str| Cause::new(code).with("value", value);
        let cause = match self.kind {
            FieldKind::Integer => match value.parse::<i64>() {
                Err(_) => wrong("field_not_a_number"),
                Ok(n) => {
                    let (low, high) = self.range.filter(|(low, high)| n < *low || n > *high)?;
                    let cause = Cause::new("field_out_of_range").with("value", n);
                    cause.with("min", low).with("max", high)
                }
            },
            FieldKind::Bool if !matches!(value, "0" | "1" | "true" | "false") => {
                wrong("field_not_yes_or_no")
            }
            FieldKind::Choice if !self.choices.iter().any(|c| c.value == value) => {
                let known: Vec<_> = self.choices.iter().map(|c| c.value.as_str()).collect();
                wrong("field_not_a_choice").with("choices", known.join(", "))
            }
            FieldKind::Time => match value.parse::<Timestamp>() {
                Err(_) => wrong("field_not_a_time"),
                Ok(at) => return moment(at.as_millisecond(), self.range, now_ms),
            },
            _ => return None,
        };
        Some(Finding::red(cause))
    }
}

/// Whether a moment lies where it may; `range` in seconds from now.
fn moment(at_ms: i64, range: Option<(i64, i64)>, now_ms: i64) -> Option<Finding> {
    let from_now = |seconds: i64| now_ms.saturating_add(seconds.saturating_mul(1000));
    let (low, high) = range.unwrap_or((0, i64::MAX));
    let (earliest, latest) = (from_now(low), from_now(high));
    let refused = |code: &str| Cause::new(code).with("at_ms", at_ms);
    if at_ms > latest {
        return Some(Finding::red(
            refused("field_time_late").with("latest_ms", latest),
        ));
    }
    let code = match () {
        () if at_ms < now_ms => "field_time_past",
        () if at_ms < earliest => "field_time_early",
        () => return None,
    };
    let cause = refused(code).with("earliest_ms", earliest);
    let at_ms = times::proposed(earliest);
    Some(Finding::red(cause).by(Cure::SetTime { at_ms }))
}

fn tags(limits: TagLimits, entries: &[&str]) -> Vec<Finding> {
    let severity = if limits.usual {
        Severity::Amber
    } else {
        Severity::Red
    };
    let either =
        |refused: &str, advised: &str| Cause::new(if limits.usual { advised } else { refused });
    let mut found = Vec::new();
    let count = u32::try_from(entries.len()).unwrap_or(u32::MAX);
    if count > limits.count {
        let cause = either("tags_too_many", "tags_many");
        let finding = Finding::new(
            severity,
            cause.with("count", count).with("max", limits.count),
        );
        found.push(finding.by(Cure::KeepFirst {
            count: limits.count,
        }));
    } else {
        let cause = Cause::new("met_tags").with("count", count);
        found.push(Finding::green(cause.with("max", limits.count)));
    }
    let bytes = limits.each_bytes_max.map(|count| LengthLimit {
        count,
        of: LengthUnit::Byte,
    });
    for max in limits.each.into_iter().chain(bytes) {
        let longest = entries.iter().max_by_key(|tag| max.measure(tag));
        if let Some(tag) = longest
            && max.measure(tag) > max.count
        {
            let cause = match max.of {
                LengthUnit::Byte => Cause::new("tag_too_many_bytes"),
                _ => either("tag_too_long", "tag_long"),
            };
            let cause = cause.with("tag", tag).with("length", max.measure(tag));
            found.push(Finding::new(severity, cause.with("max", max.count)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(form: serde_json::Value) -> Field {
        let mut whole = serde_json::json!({ "name": "f", "kind": "text", "label": {} });
        let whole_map = whole.as_object_mut().unwrap();
        whole_map.extend(form.as_object().unwrap().clone());
        serde_json::from_value(whole).unwrap()
    }

    fn said(field: &Field, value: &str) -> Vec<(Severity, String)> {
        let found = field.findings(value, &Fields::new(), 1_000_000);
        let said = found.into_iter().map(|f| (f.severity, f.cause.code));
        said.collect()
    }

    fn refusal(field: &Field, value: &str) -> Option<String> {
        let mut found = said(field, value).into_iter();
        found
            .find(|(severity, _)| *severity == Severity::Red)
            .map(|(_, code)| code)
    }

    #[test]
    fn a_refused_character_is_marked_where_it_stands() {
        let field = field(serde_json::json!({ "refuses": [[0x1F000, 0x1FAFF]] }));
        let found = field.findings("海 a🎬b🎬", &Fields::new(), 0);
        let params = &found[0].cause.params;
        assert_eq!(found[0].cause.code, "field_character");
        assert_eq!(
            [
                &params["position"],
                &params["character"],
                &params["code_point"]
            ],
            ["4", "🎬", "U+1F3AC"]
        );
        assert_eq!(
            (params["count"].as_str(), found[0].cure),
            ("2", Some(Cure::TakeOut))
        );
        assert_eq!(refusal(&field, "海 ab"), None);
    }

    #[test]
    fn characters_and_bytes_are_counted_beside_each_other() {
        let field = field(serde_json::json!({
            "max": { "count": 3, "of": "grapheme" }, "bytes_max": 9, "min": { "count": 2, "of": "scalar" },
        }));
        let code = |text: &str| refusal(&field, text);
        assert_eq!(code("海海海"), None);
        assert_eq!(code("abcd").as_deref(), Some("field_too_long"));
        assert_eq!(code("e\u{301}e\u{301}e\u{301}"), None, "9 bytes");
        assert_eq!(code("海海👨").as_deref(), Some("field_too_many_bytes"));
        assert_eq!(code("a").as_deref(), Some("field_too_short"));
        assert_eq!(code(""), None, "nothing is not too short");
        assert_eq!(said(&field, "ab"), [(Severity::Green, "met_length".into())]);
    }

    #[test]
    fn a_tag_is_counted_and_measured_without_its_sign_and_its_blanks() {
        let limits = |usual: bool| {
            field(serde_json::json!({
                "kind": "tags", "max": { "count": 7, "of": "scalar" },
                "tags": { "count": 2, "each": { "count": 5, "of": "scalar" }, "usual": usual },
            }))
        };
        let (hard, soft) = (limits(false), limits(true));
        assert_eq!(refusal(&hard, " #abcde ， b,b"), None);
        assert_eq!(refusal(&hard, "a,b,c").as_deref(), Some("tags_too_many"));
        assert_eq!(refusal(&hard, "abcdef").as_deref(), Some("tag_too_long"));
        assert_eq!(
            refusal(&hard, "abcd,efg").as_deref(),
            Some("field_too_long")
        );
        let ambers: Vec<_> = said(&soft, "a,b,c").into_iter().map(|(s, _)| s).collect();
        assert_eq!(ambers, [Severity::Green, Severity::Amber]);
        let cure = hard.findings("a,b,c", &Fields::new(), 0)[1].cure;
        assert_eq!(cure, Some(Cure::KeepFirst { count: 2 }));
    }

    #[test]
    fn a_time_is_one_to_come_within_its_bounds() {
        // Now is 1970-01-01T00:16:40Z.
        let time = |range: Option<(i64, i64)>| {
            field(serde_json::json!({ "kind": "time", "range": range }))
        };
        let code = |range, text: &str| refusal(&time(range), text);
        let near = Some((60, 120));
        for (text, free, bound) in [
            (
                "tomorrow",
                Some("field_not_a_time"),
                Some("field_not_a_time"),
            ),
            (
                "1970-01-01T00:16:39.999Z",
                Some("field_time_past"),
                Some("field_time_past"),
            ),
            ("1970-01-01T00:16:40Z", None, Some("field_time_early")),
            (
                "1970-01-01T09:17:39.999+09:00",
                None,
                Some("field_time_early"),
            ),
            ("1970-01-01T09:17:40+09:00", None, None),
            ("1970-01-01T00:18:40Z", None, None),
            ("1970-01-01T00:18:40.001Z", None, Some("field_time_late")),
        ] {
            assert_eq!(code(None, text).as_deref(), free, "{text}");
            assert_eq!(code(near, text).as_deref(), bound, "{text}");
        }
        let early = time(near).findings("1970-01-01T00:16:40Z", &Fields::new(), 1_000_000);
        let at_ms = times::proposed(1_060_000);
        assert_eq!(early[0].cure, Some(Cure::SetTime { at_ms }));
    }
}
