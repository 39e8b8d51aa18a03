//! Every bound of every `spec.toml`, found in the spec itself: one below, at, and one above, and what preflight says of each.
//!
//! A value that keeps to all bounds is said nothing about; one that breaks a bound gets this one finding and no other.

use slipway_model::{
    Field, FieldKind, Fields, LengthLimit, LengthUnit, Severity, Spec,
    field::TagLimits,
    preflight::{self, Seen, SeenCover, SeenMedia},
};
use std::fmt::Write as _;

type Said = Vec<(Severity, String)>;

const RED: Severity = Severity::Red;
const AMBER: Severity = Severity::Amber;
/// A character to a reader, 25 bytes.
const FAMILY: &str = "👨‍👩‍👧‍👦";
/// Nothing but the bound that is asked about is near.
const BYTES: u64 = 5;

/// The bounds of one platform, asked one by one.
struct Table<'a> {
    spec: &'a Spec,
    cases: usize,
    wrong: String,
}

fn nothing() -> Said {
    Vec::new()
}

fn one(severity: Severity, code: &str) -> Said {
    vec![(severity, code.to_owned())]
}

fn over(is_over: bool, severity: Severity, code: &str) -> Said {
    if is_over {
        one(severity, code)
    } else {
        nothing()
    }
}

impl Table<'_> {
    /// What is said of these fields and this file must be what is expected, the rules that are kept left out.
    fn expect(&mut self, what: &str, fields: &Fields, seen: &Seen<'_>, expected: &Said) {
        let found = preflight::check(self.spec, fields, seen).into_iter();
        let told = found.filter(|finding| finding.severity > Severity::Green);
        let told: Said = told.map(|f| (f.severity, f.cause.code)).collect();
        self.cases += 1;
        if told != *expected {
            let name = &self.spec.name;
            let _ = writeln!(self.wrong, "{name}: {what}: {told:?}, not {expected:?}");
        }
    }

    /// A value that every field takes beside the one that is asked about.
    fn sound(&self) -> Fields {
        let needed = self.spec.fields.iter().filter(|field| field.required);
        let value = |field: &Field| match field.kind {
            FieldKind::Integer => field.range.map_or(1, |(least, _)| least).to_string(),
            FieldKind::Choice => field.choices[0].value.clone(),
            _ => "sound".to_owned(),
        };
        needed
            .map(|field| (format!("{}.{}", self.spec.name, field.name), value(field)))
            .collect()
    }

    fn value(&mut self, field: &Field, value: &str, expected: &Said) {
        let mut fields = self.sound();
        fields.insert(
            format!("{}.{}", self.spec.name, field.name),
            value.to_owned(),
        );
        let what = format!("{} = {value:?}", field.name);
        self.expect(&what, &fields, &plain(self.ending().as_str()), expected);
    }

    fn ending(&self) -> String {
        let first = self.spec.limits.extensions.first();
        format!("a.{}", first.map_or("mp4", String::as_str))
    }

    fn file(&mut self, what: &str, change: impl FnOnce(&mut Seen<'_>), expected: &Said) {
        let (fields, name) = (self.sound(), self.ending());
        let mut seen = plain(&name);
        change(&mut seen);
        self.expect(what, &fields, &seen, expected);
    }

    fn sizes(&mut self) {
        let limits = self.spec.limits.clone();
        let (most, warn) = (limits.file_max_bytes, limits.file_warn_bytes);
        let of = |bytes: u64| {
            if most > 0 && bytes > most {
                one(RED, "file_too_large")
            } else {
                over(warn > 0 && bytes > warn, AMBER, "file_near_limit")
            }
        };
        for bound in [most, warn].into_iter().filter(|bound| *bound > 0) {
            for bytes in [bound - 1, bound, bound + 1] {
                let what = format!("{bytes} bytes");
                self.file(&what, |seen| seen.size_bytes = Some(bytes), &of(bytes));
            }
        }
        self.file("one byte", |seen| seen.size_bytes = Some(1), &nothing());
        self.file(
            "no byte",
            |seen| seen.size_bytes = Some(0),
            &one(RED, "file_empty"),
        );
        let online = over(!self.spec.takes_online, RED, "online_not_taken");
        self.file("online", |seen| seen.size_bytes = None, &online);
    }

    fn names(&mut self) {
        let limits = self.spec.limits.clone();
        let others = match (limits.extensions.is_empty(), limits.extensions_only) {
            (true, _) => nothing(),
            (false, true) => one(RED, "file_format_refused"),
            (false, false) => one(AMBER, "file_format_unsure"),
        };
        let fields = self.sound();
        for end in &limits.extensions {
            for name in [format!("a.{end}"), format!("a.{}", end.to_uppercase())] {
                self.expect(&name, &fields, &plain(&name), &nothing());
            }
        }
        for name in ["a.slipway", "a", "mp4"] {
            self.expect(name, &fields, &plain(name), &others);
        }
    }

    fn media(&mut self) {
        let limits = self.spec.limits.media.clone();
        let mut ask = |what: String, media: SeenMedia, bytes: u64, expected: Said| {
            let change = |seen: &mut Seen<'_>| {
                (seen.media, seen.size_bytes) = (Some(media), Some(bytes));
            };
            self.file(&what, change, &expected);
        };
        let around = |bound: u64| {
            let near = bound.saturating_sub(1)..=bound.saturating_add(1);
            near.filter(move |_| bound > 0).map(move |n| (n, n > bound))
        };
        for (ms, above) in around(limits.duration_max_ms) {
            let media = SeenMedia {
                duration_ms: Some(ms),
                ..SeenMedia::default()
            };
            ask(
                format!("{ms} ms"),
                media,
                BYTES,
                over(above, RED, "media_too_long"),
            );
        }
        for (px, above) in around(limits.side_max_px.into()) {
            let px = u32::try_from(px).unwrap();
            for shown in [(px, 2), (2, px)] {
                let media = SeenMedia {
                    shown_px: Some(shown),
                    ..SeenMedia::default()
                };
                ask(
                    format!("{shown:?} px"),
                    media,
                    BYTES,
                    over(above, AMBER, "media_picture"),
                );
            }
        }
        for (rate, above) in around(limits.frames_per_second_max.into()) {
            let media = SeenMedia {
                frames_per_second: Some(f64::from(u32::try_from(rate).unwrap())),
                ..SeenMedia::default()
            };
            ask(
                format!("{rate} frames"),
                media,
                BYTES,
                over(above, AMBER, "media_frames"),
            );
        }
        // In a second.
        for (bytes, above) in around(limits.bits_per_second_max / 8) {
            let media = SeenMedia {
                duration_ms: Some(1000),
                ..SeenMedia::default()
            };
            ask(
                format!("{bytes} bytes a second"),
                media,
                bytes,
                over(above, AMBER, "media_bits"),
            );
        }
        for (channels, above) in around(limits.channels_max.into()) {
            let media = SeenMedia {
                channels: Some(u32::try_from(channels).unwrap()),
                ..SeenMedia::default()
            };
            ask(
                format!("{channels} channels"),
                media,
                BYTES,
                over(above, AMBER, "media_channels"),
            );
        }
        for (hertz, above) in around(limits.sample_rate_max_hz.into()) {
            let media = SeenMedia {
                sample_rate_hz: Some(u32::try_from(hertz).unwrap()),
                ..SeenMedia::default()
            };
            ask(
                format!("{hertz} Hz"),
                media,
                BYTES,
                over(above, AMBER, "media_sound_rate"),
            );
        }
        let video = |codec: &str| SeenMedia {
            video_codec: codec.to_owned(),
            ..SeenMedia::default()
        };
        let audio = |codec: &str| SeenMedia {
            audio_codec: codec.to_owned(),
            ..SeenMedia::default()
        };
        for codec in &limits.video_codecs {
            ask(format!("video {codec}"), video(codec), BYTES, nothing());
        }
        for codec in &limits.audio_codecs {
            ask(format!("audio {codec}"), audio(codec), BYTES, nothing());
        }
        let other = |known: &[String]| over(!known.is_empty(), AMBER, "media_codec");
        ask(
            "another picture".into(),
            video("theora"),
            BYTES,
            other(&limits.video_codecs),
        );
        ask(
            "another sound".into(),
            audio("truehd"),
            BYTES,
            other(&limits.audio_codecs),
        );
    }

    fn covers(&mut self) {
        let rule = self.spec.limits.cover.clone();
        let mut ask = |what: &str, size_px: (u32, u32), moves: bool, expected: Said| {
            let cover = SeenCover {
                file_name: "c.webp",
                size_px,
                moves,
            };
            let (fields, file) = (self.sound(), self.ending());
            let seen = Seen {
                cover: Some(cover),
                ..plain(&file)
            };
            self.expect(&format!("a cover {what}"), &fields, &seen, &expected);
        };
        let Some(rule) = rule else {
            ask("of any kind", (1, 1), false, one(AMBER, "cover_not_taken"));
            return;
        };
        let (width, height) = (rule.min_width_px.max(1), rule.min_height_px.max(1));
        let least = (width, height);
        ask("that moves", least, true, one(AMBER, "cover_moves"));
        ask("that is upright", (2160, 3840), false, nothing());
        if rule.min_width_px > 0 {
            for (px, fits) in [
                ((width + 1, height + 1), true),
                (least, true),
                ((width - 1, height), false),
                ((width, height - 1), false),
            ] {
                let said = over(!fits, RED, "cover_too_small");
                ask(&format!("of {px:?}"), px, false, said);
            }
        }
    }

    fn fields(&mut self) {
        for field in &self.spec.fields.clone() {
            self.needed(field);
            self.lengths(field);
            self.characters(field);
            self.forms(field);
            if let Some(limits) = field.tags {
                self.tags(field, limits);
            }
        }
        let mut fields = self.sound();
        fields.insert(format!("{}.no_such", self.spec.name), "x".into());
        let name = self.ending();
        self.expect(
            "no_such",
            &fields,
            &plain(&name),
            &one(RED, "field_unknown"),
        );
    }

    fn needed(&mut self, field: &Field) {
        for empty in ["", " \t"] {
            self.value(field, empty, &over(field.required, RED, "field_required"));
        }
        let Some(when) = &field.required_when else {
            return;
        };
        let other = self
            .spec
            .fields
            .iter()
            .find(|one| one.name == when.field)
            .unwrap();
        for choice in other.choices.clone() {
            let mut fields = self.sound();
            fields.insert(
                format!("{}.{}", self.spec.name, when.field),
                choice.value.clone(),
            );
            let said = over(choice.value == when.is, RED, "field_required");
            let name = self.ending();
            let what = format!("no {} where {} is {}", field.name, when.field, choice.value);
            self.expect(&what, &fields, &plain(&name), &said);
        }
    }

    fn lengths(&mut self, field: &Field) {
        let bytes = field.bytes_max.map(|count| LengthLimit {
            count,
            of: LengthUnit::Byte,
        });
        for max in field.max.into_iter().chain(bytes) {
            let code = match max.of {
                LengthUnit::Byte => "field_too_many_bytes",
                _ => "field_too_long",
            };
            for count in [max.count - 1, max.count, max.count + 1] {
                let text = match field.kind {
                    FieldKind::Tags => joined(count, field.tags),
                    _ if field.is_refused('海') => "a".repeat(count as usize),
                    _ => text(count, max.of),
                };
                self.value(field, &text, &over(count > max.count, RED, code));
            }
        }
        if let Some(min) = field.min {
            for count in [min.count - 1, min.count, min.count + 1] {
                let said = over(count < min.count, RED, "field_too_short");
                self.value(field, &"a".repeat(count as usize), &said);
            }
        }
    }

    fn characters(&mut self, field: &Field) {
        let frame = |c: char| format!("sound{c}sound");
        for (from, to) in field.refuses.clone() {
            for code in [from.saturating_sub(1), from, to, to.saturating_add(1)] {
                let Some(c) = char::from_u32(code) else {
                    continue;
                };
                let said = over(field.is_refused(c), RED, "field_character");
                self.value(field, &frame(c), &said);
            }
        }
    }

    fn forms(&mut self, field: &Field) {
        match field.kind {
            FieldKind::Integer => {
                for text in ["x", "1.5", "９", "1e3"] {
                    self.value(field, text, &one(RED, "field_not_a_number"));
                }
                for (least, most) in field.range.into_iter().collect::<Vec<_>>() {
                    for n in [least - 1, least, least + 1, most - 1, most, most + 1] {
                        let said = over(n < least || n > most, RED, "field_out_of_range");
                        self.value(field, &n.to_string(), &said);
                    }
                }
            }
            FieldKind::Bool => {
                for text in ["0", "1", "true", "false"] {
                    self.value(field, text, &nothing());
                }
                self.value(field, "yes", &one(RED, "field_not_yes_or_no"));
            }
            FieldKind::Choice => {
                let needs: Vec<_> = self
                    .spec
                    .fields
                    .iter()
                    .flat_map(|f| &f.required_when)
                    .collect();
                let needs = |value: &str| {
                    needs
                        .iter()
                        .any(|when| when.field == field.name && when.is == value)
                };
                for choice in &field.choices {
                    let said = over(needs(&choice.value), RED, "field_required");
                    self.value(field, &choice.value, &said);
                }
                self.value(field, "no such", &one(RED, "field_not_a_choice"));
            }
            _ => {}
        }
    }

    fn tags(&mut self, field: &Field, limits: TagLimits) {
        let code = |refused: &str, advised: &str| {
            if limits.usual {
                one(AMBER, advised)
            } else {
                one(RED, refused)
            }
        };
        for count in [limits.count - 1, limits.count, limits.count + 1] {
            let tags: Vec<String> = (0..count).map(|n| format!("t{n}")).collect();
            let said = if count > limits.count {
                code("tags_too_many", "tags_many")
            } else {
                nothing()
            };
            self.value(field, &tags.join(","), &said);
            // What is not sent is not counted.
            self.value(field, &format!(" #{} ，、t0,", tags.join(" , ")), &said);
        }
        let bytes = limits.each_bytes_max.map(|count| LengthLimit {
            count,
            of: LengthUnit::Byte,
        });
        for max in limits.each.into_iter().chain(bytes) {
            for count in [max.count - 1, max.count, max.count + 1] {
                let said = match (count > max.count, max.of) {
                    (false, _) => nothing(),
                    (true, LengthUnit::Byte) => one(RED, "tag_too_many_bytes"),
                    (true, _) => code("tag_too_long", "tag_long"),
                };
                self.value(field, &format!("t,{}", text(count, max.of)), &said);
            }
        }
    }
}

fn plain(file_name: &str) -> Seen<'_> {
    Seen {
        file_name,
        size_bytes: Some(BYTES),
        media: None,
        cover: None,
        now_ms: 0,
    }
}

/// So much text and no more, of as few or as many bytes as the unit does not count.
fn text(count: u32, of: LengthUnit) -> String {
    let count = count as usize;
    match of {
        LengthUnit::Grapheme => "e\u{301}".repeat(count),
        LengthUnit::Scalar => "海".repeat(count),
        LengthUnit::Utf16 => "a".repeat(count),
        LengthUnit::Byte => {
            let families = FAMILY.repeat(count / FAMILY.len());
            families + &"a".repeat(count % FAMILY.len())
        }
    }
}

/// Tags that are so long with a comma between them, and keep to the bounds of each.
fn joined(count: u32, limits: Option<TagLimits>) -> String {
    let each = limits
        .and_then(|limits| limits.each)
        .map_or(count, |each| each.count);
    let (mut tags, mut left, mut number) = (Vec::new(), count, 0);
    while left > 0 {
        let len = left.min(each);
        // A comma is not left over for nothing.
        let len = if left - len == 1 { len - 1 } else { len };
        number += 1;
        let tag = format!("{number:a>width$}", width = len as usize);
        tags.push(tag);
        left = left.saturating_sub(len + 1);
    }
    tags.join(",")
}

#[test]
fn every_bound_of_every_platform_is_met_and_not_passed() {
    let (mut cases, mut wrong) = (0, String::new());
    for spec in slipway_platforms::specs() {
        let mut table = Table {
            spec,
            cases: 0,
            wrong: String::new(),
        };
        table.sizes();
        table.names();
        table.media();
        table.covers();
        table.fields();
        eprintln!("{}: {} cases", spec.name, table.cases);
        cases += table.cases;
        wrong += &table.wrong;
    }
    assert_eq!(wrong, "", "of {cases} cases");
    assert!(cases > 500, "the bounds are found: {cases}");
}
