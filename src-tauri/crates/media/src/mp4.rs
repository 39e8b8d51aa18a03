//! MP4 and QuickTime. Sources: ISO/IEC 14496-12:2022 (boxes, sections 8.2 to 8.8), the QuickTime File Format (sound descriptions), read 2026-11-22.
//!
//! Tables of samples are not read but for the lengths of frames, and of these only the first.

use crate::{Audio, Media, Video, rate, rate::Run, source::Source};

/// Boxes looked at before it is given up.
const BOXES_MAX: u32 = 4096;
/// A header that is read whole is not longer.
const HEADER_MAX: usize = 64 << 10;
/// Entries of the table of frame lengths that are looked at.
const RUNS_MAX: usize = 100_000;

/// A box: its kind and where its contents lie.
#[derive(Clone, Copy)]
struct Found {
    kind: [u8; 4],
    from: u64,
    to: u64,
}

struct Reader<'a> {
    source: &'a mut Source,
    boxes_left: u32,
}

pub(crate) fn read(source: &mut Source) -> Option<Media> {
    let end = source.len;
    let mut reader = Reader {
        source,
        boxes_left: BOXES_MAX,
    };
    let top = reader.boxes(0, end);
    let brand = one(&top, *b"ftyp").and_then(|found| reader.source.exactly::<4>(found.from));
    let movie = reader.boxes_in(one(&top, *b"moov")?);
    let mut media = Media {
        // Without a brand it is older than brands, which is QuickTime.
        container: if brand.is_none_or(|brand| &brand == b"qt  ") {
            "mov"
        } else {
            "mp4"
        }
        .into(),
        duration_ms: reader.duration(&movie),
        ..Media::default()
    };
    let fragments: Vec<Found> = top
        .iter()
        .filter(|found| &found.kind == b"moof")
        .copied()
        .collect();
    for track in movie.iter().filter(|found| &found.kind == b"trak") {
        let Some(track) = reader.track(*track, &fragments, &mut media.duration_ms) else {
            continue;
        };
        match track {
            Track::Video(video) if media.video.is_none() => media.video = Some(video),
            Track::Audio(audio) if media.audio.is_none() => media.audio = Some(audio),
            _ => {}
        }
    }
    Some(media)
}

enum Track {
    Video(Video),
    Audio(Audio),
}

fn one(boxes: &[Found], kind: [u8; 4]) -> Option<Found> {
    boxes.iter().find(|found| found.kind == kind).copied()
}

fn u16_at(bytes: &[u8], at: usize) -> Option<u16> {
    Some(u16::from_be_bytes(bytes.get(at..at + 2)?.try_into().ok()?))
}

fn u32_at(bytes: &[u8], at: usize) -> Option<u32> {
    Some(u32::from_be_bytes(bytes.get(at..at + 4)?.try_into().ok()?))
}

impl Reader<'_> {
    fn boxes_in(&mut self, of: Found) -> Vec<Found> {
        self.boxes(of.from, of.to)
    }

    /// The boxes between two places, in order. Stops at the first that makes no sense.
    fn boxes(&mut self, mut at: u64, end: u64) -> Vec<Found> {
        let mut found = Vec::new();
        while at + 8 <= end && self.boxes_left > 0 {
            self.boxes_left -= 1;
            let Some(head) = self.source.exactly::<8>(at) else {
                break;
            };
            let kind = [head[4], head[5], head[6], head[7]];
            let (size, header) = match u32::from_be_bytes([head[0], head[1], head[2], head[3]]) {
                0 => (end - at, 8), // to the end
                1 => match self.source.exactly::<8>(at + 8) {
                    Some(long) => (u64::from_be_bytes(long), 16),
                    None => break,
                },
                size => (u64::from(size), 8),
            };
            let to = at.checked_add(size);
            let Some(to) = to.filter(|to| size >= header && *to <= end) else {
                break;
            };
            found.push(Found {
                kind,
                from: at + header,
                to,
            });
            at = to;
        }
        found
    }

    fn contents(&mut self, of: Found) -> Vec<u8> {
        let len = usize::try_from(of.to - of.from).unwrap_or(usize::MAX);
        self.source.up_to(of.from, len.min(HEADER_MAX))
    }

    /// The movie's length: of its own header, or of its fragments'.
    fn duration(&mut self, movie: &[Found]) -> Option<u64> {
        let head = self.contents(one(movie, *b"mvhd")?);
        let (ticks_per_second, ticks) = time(&head)?;
        let ticks = ticks.or_else(|| {
            let extends = one(movie, *b"mvex")?;
            let inside = self.boxes_in(extends);
            let head = self.contents(one(&inside, *b"mehd")?);
            match head.first()? {
                1 => Some(u64::from_be_bytes(head.get(4..12)?.try_into().ok()?)),
                _ => u32_at(&head, 4).map(u64::from),
            }
        });
        Some(ticks?.saturating_mul(1000) / u64::from(ticks_per_second))
    }

    /// What a track is. When the movie does not know its own length, its last fragment tells it.
    fn track(
        &mut self,
        track: Found,
        fragments: &[Found],
        movie_ms: &mut Option<u64>,
    ) -> Option<Track> {
        let parts = self.boxes_in(track);
        let head = self.contents(one(&parts, *b"tkhd")?);
        let id = u32_at(&head, if *head.first()? == 1 { 20 } else { 12 })?;
        let media = self.boxes_in(one(&parts, *b"mdia")?);
        let (ticks_per_second, _) = time(&self.contents(one(&media, *b"mdhd")?))?;
        let handler = self.contents(one(&media, *b"hdlr")?);
        let information = self.boxes_in(one(&media, *b"minf")?);
        let tables = self.boxes_in(one(&information, *b"stbl")?);
        // Its first description: version and flags, the number of them, then length, name and contents.
        let described = self.contents(one(&tables, *b"stsd")?);
        let name: [u8; 4] = described.get(12..16)?.try_into().ok()?;
        let described = described.get(16..)?;
        if movie_ms.is_none() {
            let last = fragments.last().and_then(|last| self.fragment(*last, id));
            *movie_ms = last.map(|(begins, runs)| {
                let ticks = runs.iter().map(|run| run.frames.saturating_mul(run.ticks));
                ticks.fold(begins, u64::saturating_add).saturating_mul(1000)
                    / u64::from(ticks_per_second)
            });
        }
        match handler.get(8..12)? {
            b"vide" => {
                let mut runs = self.frame_lengths(&tables).unwrap_or_default();
                if runs.is_empty() {
                    let first = fragments
                        .first()
                        .and_then(|first| self.fragment(*first, id));
                    runs = first.unwrap_or_default().1;
                }
                let rate = rate::of(&runs, f64::from(ticks_per_second));
                let stored = (u16_at(described, 24)?.into(), u16_at(described, 26)?.into());
                let (shown, quarters) = seen(&head).unwrap_or((stored, 0));
                let video = Video {
                    codec: codec(name),
                    stored_px: stored,
                    shown_px: if shown.0 > 0 && shown.1 > 0 {
                        shown
                    } else {
                        stored
                    },
                    frames_per_second: rate.map(|rate| rate.0),
                    is_variable: rate.map(|rate| rate.1),
                    ..Video::default()
                };
                Some(Track::Video(video.turned(quarters)))
            }
            b"soun" => Some(Track::Audio(sound(name, described)?)),
            _ => None,
        }
    }

    fn frame_lengths(&mut self, tables: &[Found]) -> Option<Vec<Run>> {
        let table = one(tables, *b"stts")?;
        let entries = u32::from_be_bytes(self.source.exactly(table.from + 4)?) as usize;
        let bytes = self
            .source
            .up_to(table.from + 8, entries.min(RUNS_MAX).saturating_mul(8));
        let entries = bytes.chunks_exact(8).filter_map(|entry| {
            Some(Run {
                frames: u64::from(u32_at(entry, 0)?),
                ticks: u64::from(u32_at(entry, 4)?),
            })
        });
        Some(entries.collect())
    }

    /// When a track's part of a fragment begins, in its ticks, and the lengths of its frames.
    fn fragment(&mut self, fragment: Found, track: u32) -> Option<(u64, Vec<Run>)> {
        for found in self.boxes_in(fragment) {
            if &found.kind != b"traf" {
                continue;
            }
            let inside = self.boxes_in(found);
            let head = self.contents(one(&inside, *b"tfhd")?);
            if u32_at(&head, 4)? != track {
                continue;
            }
            let flags = u32_at(&head, 0)?;
            // A place in the file and the number of a description may come before the usual length of a frame.
            let usual_at =
                8 + if flags & 1 == 0 { 0 } else { 8 } + if flags & 2 == 0 { 0 } else { 4 };
            let usual = if flags & 8 == 0 {
                None
            } else {
                u32_at(&head, usual_at)
            };
            let begins = self.contents(one(&inside, *b"tfdt")?);
            let begins = match *begins.first()? {
                1 => u64::from_be_bytes(begins.get(4..12)?.try_into().ok()?),
                _ => u64::from(u32_at(&begins, 4)?),
            };
            let run = self.contents(one(&inside, *b"trun")?);
            return Some((begins, frames_of_run(&run, usual)?));
        }
        None
    }
}

/// The lengths of a run's frames: each its own, or the usual one.
fn frames_of_run(run: &[u8], usual: Option<u32>) -> Option<Vec<Run>> {
    let (flags, frames) = (u32_at(run, 0)?, u32_at(run, 4)?);
    if flags & 0x100 == 0 {
        return Some(vec![Run {
            frames: u64::from(frames),
            ticks: u64::from(usual?),
        }]);
    }
    let from = 8 + [1, 4].into_iter().filter(|bit| flags & bit != 0).count() * 4;
    let each = [0x100, 0x200, 0x400, 0x800]
        .into_iter()
        .filter(|bit| flags & bit != 0)
        .count()
        * 4;
    let entries = run.get(from..)?.chunks_exact(each).take(frames as usize);
    let lengths = entries.filter_map(|entry| u32_at(entry, 0));
    Some(
        lengths
            .map(|ticks| Run {
                frames: 1,
                ticks: u64::from(ticks),
            })
            .collect(),
    )
}

/// Ticks a second, and the length in ticks where it is known, out of a movie's or a track's header.
fn time(head: &[u8]) -> Option<(u32, Option<u64>)> {
    let (ticks_per_second, ticks) = if *head.first()? == 1 {
        let ticks = u64::from_be_bytes(head.get(24..32)?.try_into().ok()?);
        (u32_at(head, 20)?, Some(ticks).filter(|t| *t != u64::MAX))
    } else {
        let ticks = u32_at(head, 16)?;
        (
            u32_at(head, 12)?,
            Some(u64::from(ticks)).filter(|_| ticks != u32::MAX),
        )
    };
    (ticks_per_second > 0).then_some((ticks_per_second, ticks.filter(|ticks| *ticks > 0)))
}

/// The size at which a track's header shows its picture, and by how many quarters its matrix turns it.
fn seen(head: &[u8]) -> Option<((u32, u32), u16)> {
    let matrix = if *head.first()? == 1 { 52 } else { 40 };
    let (a, b) = (
        u32_at(head, matrix)? as i32,
        u32_at(head, matrix + 4)? as i32,
    );
    let quarters = match (a.signum(), b.signum()) {
        (0, 1) => 1,
        (-1, 0) => 2,
        (0, -1) => 3,
        _ => 0,
    };
    let side = |at: usize| u16_at(head, matrix + at).map(u32::from); // the whole part of a fixed-point number
    Some(((side(36)?, side(40)?), quarters))
}

fn sound(name: [u8; 4], described: &[u8]) -> Option<Audio> {
    let rate = u32::from(u16_at(described, 24)?);
    let mut audio = Audio {
        codec: codec(name),
        channels: Some(u32::from(u16_at(described, 16)?)),
        sample_rate_hz: Some(rate).filter(|rate| *rate > 0),
    };
    if [&b"mp4a"[..], b"ac-3", b"ec-3", b".mp3"].contains(&&name[..]) {
        // The description says two whatever they are.
        audio.channels = None;
    }
    if &name == b"mp4a" {
        let (kind, own) = decoder(described).unwrap_or_default();
        audio.codec = coded(kind).into();
        if let ("aac", Some(own)) = (coded(kind), own.first_chunk()) {
            (audio.sample_rate_hz, audio.channels) = crate::ts::aac(*own);
        }
    }
    // QuickTime's second version has its own places for both.
    if u16_at(described, 8) == Some(2) {
        let rate = described.get(32..40)?;
        let rate = f64::from_be_bytes(rate.try_into().ok()?);
        audio.sample_rate_hz = (1.0..1e7).contains(&rate).then_some(rate as u32);
        audio.channels = u32_at(described, 40);
    }
    Some(audio)
}

/// What `mp4a` is: its decoder configuration (descriptor 4) and what that holds for the decoder (descriptor 5), inside the elementary stream
/// descriptor (descriptor 3) of an `esds` box. Source: ISO/IEC 14496-1, section 7.2.6.
fn decoder(described: &[u8]) -> Option<(u8, &[u8])> {
    let at = described.windows(4).position(|name| name == b"esds")?;
    let stream = descriptor(described.get(at + 8..)?, 3)?;
    let decoder = descriptor(stream.get(3..)?, 4)?;
    let own = decoder.get(13..).and_then(|rest| descriptor(rest, 5));
    Some((*decoder.first()?, own.unwrap_or_default()))
}

/// What follows a descriptor's tag and length.
fn descriptor(bytes: &[u8], wanted: u8) -> Option<&[u8]> {
    let (tag, rest) = bytes.split_first()?;
    let length = rest.iter().take(4).position(|byte| byte & 0x80 == 0)? + 1;
    (*tag == wanted).then(|| rest.get(length..))?
}

fn coded(object_type: u8) -> &'static str {
    match object_type {
        0x69 | 0x6b => "mp3",
        0xa5 => "ac3",
        0xa6 => "eac3",
        0xa9 => "dts",
        0xad => "opus",
        0xdd => "vorbis",
        _ => "aac",
    }
}

/// `ffprobe`'s name of a codec, by the name of its description.
pub(crate) fn codec(name: [u8; 4]) -> String {
    let known = match &name {
        b"avc1" | b"avc2" | b"avc3" | b"avc4" => "h264",
        b"hvc1" | b"hev1" | b"dvh1" | b"dvhe" => "hevc",
        b"vvc1" | b"vvi1" => "vvc",
        b"av01" => "av1",
        b"vp08" => "vp8",
        b"vp09" => "vp9",
        b"mp4v" => "mpeg4",
        b"jpeg" | b"mjpa" => "mjpeg",
        b"apch" | b"apcn" | b"apcs" | b"apco" | b"ap4h" | b"ap4x" => "prores",
        b"AVdn" | b"AVdh" => "dnxhd",
        b"Opus" => "opus",
        b"fLaC" => "flac",
        b"alac" => "alac",
        b"ac-3" => "ac3",
        b"ec-3" => "eac3",
        b".mp3" => "mp3",
        b"sowt" => "pcm_s16le",
        b"twos" => "pcm_s16be",
        b"in24" => "pcm_s24be",
        b"fl32" => "pcm_f32be",
        _ => return String::from_utf8_lossy(&name).trim().to_owned(),
    };
    known.to_owned()
}
