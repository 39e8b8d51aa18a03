//! How the file, what is in it, and the cover stand to a platform's bounds.

use super::{Cure, Finding, Seen, SeenMedia};
use crate::{
    Cause, Spec,
    cover::{self, Cut},
};

pub(super) fn check(spec: &Spec, seen: &Seen<'_>) -> Vec<Finding> {
    let limits = &spec.limits;
    let named = |code: &str| {
        Cause::new(code)
            .with("file", seen.file_name)
            .with("platform", &spec.name)
    };
    let mut found = size(spec, seen, &named);
    let ending = extension(seen.file_name);
    let is_here = seen.size_bytes.is_some();
    if is_here && !limits.extensions.is_empty() && !limits.extensions.contains(&ending) {
        let formats = limits.extensions.join(", ");
        found.push(if limits.extensions_only {
            Finding::red(named("file_format_refused").with("formats", formats))
        } else {
            Finding::amber(named("file_format_unsure").with("formats", formats))
        });
    }
    if let Some(media) = &seen.media {
        found.extend(in_it(spec, seen, media, &named));
    }
    found.extend(cover(spec, seen));
    found
}

fn size(spec: &Spec, seen: &Seen<'_>, named: &impl Fn(&str) -> Cause) -> Vec<Finding> {
    let limits = &spec.limits;
    let max = limits.file_max_bytes;
    let Some(bytes) = seen.size_bytes else {
        let refused = || Finding::red(named("online_not_taken"));
        return (!spec.takes_online).then(refused).into_iter().collect();
    };
    let figures = |code: &str, max: u64| named(code).with("bytes", bytes).with("max_bytes", max);
    if bytes == 0 {
        vec![Finding::red(named("file_empty"))]
    } else if max > 0 && bytes > max {
        vec![Finding::red(figures("file_too_large", max))]
    } else if limits.file_warn_bytes > 0 && bytes > limits.file_warn_bytes {
        vec![Finding::amber(figures(
            "file_near_limit",
            limits.file_warn_bytes,
        ))]
    } else if max > 0 {
        vec![Finding::green(figures("met_size", max))]
    } else {
        Vec::new()
    }
}

/// What the file says of itself.
fn in_it(
    spec: &Spec,
    seen: &Seen<'_>,
    media: &SeenMedia,
    named: &impl Fn(&str) -> Cause,
) -> Vec<Finding> {
    let limits = &spec.limits.media;
    let mut found = Vec::new();
    if let Some(ms) = media.duration_ms
        && limits.duration_max_ms > 0
    {
        let seconds = |ms: u64| ms as f64 / 1000.0;
        let figures = |code: &str| {
            let cause = named(code).with("seconds", seconds(ms));
            cause.with("max_seconds", seconds(limits.duration_max_ms))
        };
        found.push(if ms > limits.duration_max_ms {
            Finding::red(figures("media_too_long"))
        } else {
            Finding::green(figures("met_duration"))
        });
    }
    let mut advise = |code: &str, value: String, advised: String| {
        let cause = named(code).with("value", value).with("advised", advised);
        found.push(Finding::amber(cause));
    };
    for (codec, advised) in [
        (&media.video_codec, &limits.video_codecs),
        (&media.audio_codec, &limits.audio_codecs),
    ] {
        if !codec.is_empty() && !advised.is_empty() && !advised.contains(codec) {
            advise("media_codec", codec.clone(), advised.join(", "));
        }
    }
    let over = |value: f64, most: f64| most > 0.0 && value > most;
    if let Some((width, height)) = media.shown_px
        && over(width.max(height).into(), limits.side_max_px.into())
    {
        let most = limits.side_max_px;
        advise(
            "media_picture",
            format!("{width} × {height}"),
            format!("{most} × {most}"),
        );
    }
    if let Some(rate) = media.frames_per_second
        // What is written as 120000/1001 or 59.940 is not more than what it stands for.
        && over(rate, f64::from(limits.frames_per_second_max) + 0.01)
        && limits.frames_per_second_max > 0
    {
        let shown = format!("{rate:.2}");
        let shown = shown.trim_end_matches('0').trim_end_matches('.');
        advise(
            "media_frames",
            shown.into(),
            limits.frames_per_second_max.to_string(),
        );
    }
    if let (Some(bytes), Some(ms @ 1..)) = (seen.size_bytes, media.duration_ms) {
        let bits_per_second = u64::try_from(u128::from(bytes) * 8000 / u128::from(ms));
        let bits_per_second = bits_per_second.unwrap_or(u64::MAX);
        let most = limits.bits_per_second_max;
        if most > 0 && bits_per_second > most {
            let mega = |bits: u64| (bits as f64 / 1e5).ceil() / 10.0;
            advise(
                "media_bits",
                mega(bits_per_second).to_string(),
                mega(most).to_string(),
            );
        }
    }
    if let Some(channels) = media.channels.filter(|n| *n > limits.channels_max)
        && limits.channels_max > 0
    {
        advise(
            "media_channels",
            channels.to_string(),
            limits.channels_max.to_string(),
        );
    }
    if let Some(hertz) = media
        .sample_rate_hz
        .filter(|n| *n > limits.sample_rate_max_hz)
        && limits.sample_rate_max_hz > 0
    {
        advise(
            "media_sound_rate",
            hertz.to_string(),
            limits.sample_rate_max_hz.to_string(),
        );
    }
    found
}

fn cover(spec: &Spec, seen: &Seen<'_>) -> Vec<Finding> {
    let Some(image) = &seen.cover else {
        return Vec::new();
    };
    let named = |code: &str| {
        Cause::new(code)
            .with("file", image.file_name)
            .with("platform", &spec.name)
    };
    let Some(rule) = &spec.limits.cover else {
        return vec![Finding::amber(named("cover_not_taken"))];
    };
    let Cut {
        width_px,
        height_px,
        ..
    } = cover::cut(image.size_px, rule.ratio, 0);
    let figures = |code: &str| {
        let cause = named(code)
            .with("width", width_px)
            .with("height", height_px);
        let cause = cause.with("min_width", rule.min_width_px);
        cause.with("min_height", rule.min_height_px)
    };
    let mut found = Vec::new();
    if width_px < rule.min_width_px || height_px < rule.min_height_px {
        found.push(Finding::red(figures("cover_too_small")));
    } else if rule.min_width_px > 0 || rule.min_height_px > 0 {
        found.push(Finding::green(figures("met_cover")));
    }
    if image.moves {
        found.push(Finding::amber(named("cover_moves")));
    }
    let found = found.into_iter();
    found
        .map(|finding| finding.on("cover").by(Cure::ChooseCover))
        .collect()
}

fn extension(name: &str) -> String {
    name.rsplit_once('.')
        .map(|(_, end)| end.to_lowercase())
        .unwrap_or_default()
}
