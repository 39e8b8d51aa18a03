//! MPEG transport streams. Source: ITU-T H.222.0 (packets 2.4.3.2, PES 2.4.3.6, tables 2.4.4), read 2026-11-22.
//!
//! A stream has no header: what it holds is looked for in its first and last MiB.

use crate::{Audio, Media, Video, parameters, rate, rate::Run, source::Source};

const PACKET: usize = 188;
const SYNC: u8 = 0x47;
/// Packets in a row that must begin with the sync byte.
const PROBE: usize = 5;
const HEAD_BYTES: usize = 4 << 20;
const TAIL_BYTES: usize = 2 << 20;
/// Of a stream's beginning: its parameter sets are in it.
const STREAM_MAX: usize = 512 << 10;
/// Clocks have 33 bits and go at 90 kHz.
const CLOCK_HZ: f64 = 90_000.0;
const CLOCK_WRAP: u64 = 1 << 33;

/// How far packets stand from each other, and what of that comes before one.
#[derive(Clone, Copy)]
struct Layout {
    stride: usize,
    lead: usize,
}

struct Packet<'a> {
    pid: u16,
    starts: bool,
    payload: &'a [u8],
}

struct Stream {
    pid: u16,
    codec: &'static str,
    is_video: bool,
}

pub(crate) fn read(source: &mut Source) -> Option<Media> {
    let head = source.up_to(0, HEAD_BYTES);
    // Plain, or with four bytes of time before each packet, as cameras and discs have it.
    let layouts = [(PACKET, 0), (PACKET + 4, 4)].map(|(stride, lead)| Layout { stride, lead });
    let layout = layouts.into_iter().find(|layout| {
        (0..PROBE).all(|n| head.get(n * layout.stride + layout.lead) == Some(&SYNC))
    })?;
    let streams = streams(&head, layout)?;
    let mut media = Media {
        container: "mpegts".into(),
        ..Media::default()
    };
    let video = streams.iter().find(|stream| stream.is_video);
    if let Some(audio) = streams.iter().find(|stream| !stream.is_video) {
        media.audio = Some(sound(audio.codec, &beginning(&head, layout, audio.pid)));
    }
    let timed = video.or(streams.first())?.pid;
    let shown = times(&head, layout, timed);
    if let Some(stream) = video {
        media.video = Some(pictures(
            stream.codec,
            &beginning(&head, layout, stream.pid),
            &shown,
        ));
    }
    let whole = source.len - source.len % layout.stride as u64;
    let from = whole.saturating_sub((TAIL_BYTES / layout.stride * layout.stride) as u64);
    let last = times(&source.up_to(from, TAIL_BYTES), layout, timed);
    if let (Some(first), Some(last)) = (shown.iter().min(), last.iter().max()) {
        let ticks = (last + CLOCK_WRAP - first) % CLOCK_WRAP;
        let frame_ms = media
            .video
            .as_ref()
            .and_then(|video| video.frames_per_second)
            .map_or(0.0, |rate| 1000.0 / rate);
        media.duration_ms = Some((ticks as f64 * 1000.0 / CLOCK_HZ + frame_ms) as u64);
    }
    Some(media)
}

fn packets(bytes: &[u8], layout: Layout) -> impl Iterator<Item = Packet<'_>> {
    bytes.chunks_exact(layout.stride).filter_map(move |bytes| {
        let bytes = &bytes[layout.lead..layout.lead + PACKET];
        let [SYNC, a, b, c, ..] = *bytes else {
            return None;
        };
        let adaptation = if c & 0x20 == 0 {
            0
        } else {
            usize::from(bytes[4]) + 1
        };
        Some(Packet {
            pid: u16::from_be_bytes([a & 0x1f, b]),
            starts: a & 0x40 != 0,
            payload: if c & 0x10 == 0 {
                &[]
            } else {
                bytes.get(4 + adaptation..)?
            },
        })
    })
}

/// A table's section, in as many packets as it needs.
fn section(bytes: &[u8], layout: Layout, pid: u16) -> Option<Vec<u8>> {
    let mut found: Vec<u8> = Vec::new();
    for packet in packets(bytes, layout).filter(|packet| packet.pid == pid) {
        match (packet.starts, found.is_empty()) {
            (true, true) => {
                let pointer = usize::from(*packet.payload.first()?);
                found.extend(packet.payload.get(1 + pointer..)?);
            }
            (true, false) => break,
            (false, true) => continue,
            (false, false) => found.extend(packet.payload),
        }
        if let [_, a, b, ..] = found[..] {
            let len = 3 + (usize::from(a & 0x0f) << 8 | usize::from(b));
            if found.len() >= len {
                found.truncate(len.saturating_sub(4)); // its CRC
                return Some(found);
            }
        }
    }
    None
}

/// The streams of the first programme.
fn streams(bytes: &[u8], layout: Layout) -> Option<Vec<Stream>> {
    let programmes = section(bytes, layout, 0)?;
    let table = programmes
        .get(8..)?
        .chunks_exact(4)
        .find(|entry| entry[..2] != [0, 0])
        .map(|entry| u16::from_be_bytes([entry[2] & 0x1f, entry[3]]))?;
    let table = section(bytes, layout, table)?;
    let length = |at: usize| {
        Some(usize::from(*table.get(at)? & 0x0f) << 8 | usize::from(*table.get(at + 1)?))
    };
    let mut at = 12 + length(10)?;
    let mut streams = Vec::new();
    while let (Some(kind), Some(a), Some(b)) = (table.get(at), table.get(at + 1), table.get(at + 2))
    {
        let described = length(at + 3)?;
        let descriptors = table.get(at + 5..at + 5 + described).unwrap_or_default();
        if let Some((codec, is_video)) = codec(*kind, descriptors) {
            streams.push(Stream {
                pid: u16::from_be_bytes([a & 0x1f, *b]),
                codec,
                is_video,
            });
        }
        at += 5 + described;
    }
    Some(streams)
}

/// Source: H.222.0, table 2-34; ATSC A/53 for AC-3; registration descriptors (tag 5) for what is private.
fn codec(kind: u8, descriptors: &[u8]) -> Option<(&'static str, bool)> {
    Some(match kind {
        0x01 => ("mpeg1video", true),
        0x02 => ("mpeg2video", true),
        0x10 => ("mpeg4", true),
        0x1b => ("h264", true),
        0x24 => ("hevc", true),
        0x33 => ("vvc", true),
        0x03 | 0x04 => ("mp2", false),
        0x0f => ("aac", false),
        0x11 => ("aac_latm", false),
        0x81 => ("ac3", false),
        0x87 => ("eac3", false),
        0x06 => match descriptors {
            [5, _, name @ ..] if name.starts_with(b"Opus") => ("opus", false),
            [5, _, name @ ..] if name.starts_with(b"HEVC") => ("hevc", true),
            [5, _, name @ ..] if name.starts_with(b"AV01") => ("av1", true),
            [0x6a, ..] => ("ac3", false),
            [0x7a, ..] => ("eac3", false),
            _ => return None,
        },
        _ => return None,
    })
}

/// The payload of a packet that begins a unit of a stream, with the time at which it is shown.
fn unit<'a>(packet: &Packet<'a>) -> Option<(Option<u64>, &'a [u8])> {
    let [0, 0, 1, _, _, _, _, flags, header, ..] = *packet.payload else {
        return None;
    };
    let shown = (flags & 0x80 != 0).then(|| {
        let t: [u8; 5] = packet.payload.get(9..14)?.try_into().ok()?;
        let t = t.map(u64::from);
        Some((t[0] >> 1 & 7) << 30 | t[1] << 22 | (t[2] >> 1) << 15 | t[3] << 7 | t[4] >> 1)
    });
    Some((
        shown.flatten(),
        packet.payload.get(9 + usize::from(header)..)?,
    ))
}

/// The times at which a stream's units are shown, as they come.
fn times(bytes: &[u8], layout: Layout, pid: u16) -> Vec<u64> {
    packets(bytes, layout)
        .filter(|packet| packet.pid == pid && packet.starts)
        .filter_map(|packet| unit(&packet)?.0)
        .collect()
}

/// What a stream begins with, out of its packets.
fn beginning(bytes: &[u8], layout: Layout, pid: u16) -> Vec<u8> {
    let mut stream = Vec::new();
    for packet in packets(bytes, layout).filter(|packet| packet.pid == pid) {
        let payload = match (packet.starts, unit(&packet)) {
            (true, Some((_, payload))) => payload,
            _ if stream.is_empty() => continue,
            _ => packet.payload,
        };
        stream.extend(payload);
        if stream.len() >= STREAM_MAX {
            break;
        }
    }
    stream
}

fn pictures(codec: &str, stream: &[u8], shown: &[u64]) -> Video {
    let mut video = parameters::in_stream(codec, stream).unwrap_or_else(|| Video {
        codec: codec.into(),
        ..Video::default()
    });
    // In the order in which they are shown; the last few may lack their neighbours.
    let mut shown = shown.to_vec();
    shown.sort_unstable();
    shown.truncate(shown.len().saturating_sub(8));
    let runs: Vec<Run> = shown
        .windows(2)
        .map(|pair| Run {
            frames: 1,
            ticks: pair[1] - pair[0],
        })
        .collect();
    let rate = rate::of(&runs, CLOCK_HZ);
    video.frames_per_second = rate.map(|rate| rate.0).or(video.frames_per_second);
    video.is_variable = rate.map(|rate| rate.1);
    video
}

fn sound(codec: &str, stream: &[u8]) -> Audio {
    let mut audio = Audio {
        codec: codec.into(),
        ..Audio::default()
    };
    // An ADTS header. Source: ISO/IEC 13818-7, section 6.2.
    if codec == "aac"
        && let [0xff, b, c, d, ..] = *stream
        && b & 0xf6 == 0xf0
    {
        audio.sample_rate_hz = aac_rate(u16::from(c >> 2 & 0xf));
        audio.channels = Some(u32::from((c & 1) << 2 | d >> 6));
    }
    audio
}

/// Sample rate and channels as a decoder of AAC is told them. Source: ISO/IEC 14496-3, section 1.6.2.1.
pub(crate) fn aac(configuration: [u8; 2]) -> (Option<u32>, Option<u32>) {
    let bits = u16::from_be_bytes(configuration);
    // 0 is told elsewhere, 7 is eight.
    let channels = match bits >> 3 & 0xf {
        0 => None,
        7 => Some(8),
        channels => Some(u32::from(channels)),
    };
    (aac_rate(bits >> 7 & 0xf), channels)
}

/// The sample rate of AAC by its index. Source: ISO/IEC 14496-3, table 1.18.
fn aac_rate(index: u16) -> Option<u32> {
    let rates = [
        96_000, 88_200, 64_000, 48_000, 44_100, 32_000, 24_000, 22_050, 16_000, 12_000, 11_025,
        8000, 7350,
    ];
    rates.get(usize::from(index)).copied()
}
