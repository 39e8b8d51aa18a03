//! How a cover is cut: the largest part of a picture that has a platform's ratio, and where on the picture it lies.
//!
//! Pure: sizes in, a rectangle out. Where it lies is chosen once for each ratio, and is the middle until then. A part that has its ratio touches two
//! opposite sides of the picture, so one number says where it lies: 0 at the left or the top, 100 at the right or the bottom.

use crate::Cause;
use serde::{Deserialize, Serialize};

/// The common field that keeps where covers are cut, as `16:10=50 4:3=20`.
pub const CROP_FIELD: &str = "cover_crop";
const MIDDLE: u8 = 50;

/// Width to height, written as `16:10`.
#[cfg_attr(feature = "ts", derive(ts_rs::TS))]
#[cfg_attr(feature = "ts", ts(type = "string"))]
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Ratio {
    width: u32,
    height: u32,
}

impl Ratio {
    /// Both from 1 to 10,000; `None` otherwise.
    pub fn new(width: u32, height: u32) -> Option<Self> {
        let sound = 1..=10_000;
        (sound.contains(&width) && sound.contains(&height)).then_some(Self { width, height })
    }

    /// `16:10` and `8:5` are one ratio.
    fn is_like(self, other: Self) -> bool {
        self.width * other.height == other.width * self.height
    }
}

impl std::str::FromStr for Ratio {
    type Err = String;
    fn from_str(text: &str) -> Result<Self, String> {
        let read = |(width, height): (&str, &str)| {
            Self::new(width.trim().parse().ok()?, height.trim().parse().ok()?)
        };
        let ratio = text.split_once(':').and_then(read);
        ratio.ok_or_else(|| format!("no ratio: {text}"))
    }
}

impl TryFrom<String> for Ratio {
    type Error = String;
    fn try_from(text: String) -> Result<Self, String> {
        text.parse()
    }
}

impl From<Ratio> for String {
    fn from(ratio: Ratio) -> Self {
        ratio.to_string()
    }
}

impl std::fmt::Display for Ratio {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}:{}", self.width, self.height)
    }
}

/// A part of a picture, in pixels.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    pub x: u32,
    pub y: u32,
    pub width_px: u32,
    pub height_px: u32,
}

/// The largest part with this ratio of a picture `width_px` × `height_px`, `place` per cent along the way it can be moved. All of it without a ratio.
pub fn cut((width_px, height_px): (u32, u32), ratio: Option<Ratio>, place: u8) -> Cut {
    let mut cut = Cut {
        x: 0,
        y: 0,
        width_px,
        height_px,
    };
    let Some(Ratio { width, height }) = ratio else {
        return cut;
    };
    let moved = |free: u32| (u64::from(free) * u64::from(place.min(100)) + 50) / 100;
    // Of `side`, as much as `over` to `under` leaves; at least a pixel.
    let part = |side: u32, over: u32, under: u32| {
        let (over, under) = (u64::from(over), u64::from(under));
        ((u64::from(side) * over + under / 2) / under).max(1) as u32
    };
    let too_wide =
        u64::from(width_px) * u64::from(height) > u64::from(height_px) * u64::from(width);
    if too_wide {
        cut.width_px = part(height_px, width, height).min(width_px);
        cut.x = moved(width_px - cut.width_px) as u32;
    } else {
        cut.height_px = part(width_px, height, width).min(height_px);
        cut.y = moved(height_px - cut.height_px) as u32;
    }
    cut
}

/// Where a cover is cut for each ratio, as it was chosen.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Crops(Vec<(Ratio, u8)>);

impl Crops {
    /// Reads `16:10=50 4:3=20`; nothing is no choice.
    ///
    /// # Errors
    /// `cover_crop_invalid` with `crop`, the part that cannot be read.
    pub fn read(text: &str) -> Result<Self, Cause> {
        let parts = text.split([' ', ',']).filter(|part| !part.is_empty());
        let crops = parts.map(|part| {
            let read = |(ratio, place): (&str, &str)| {
                let place: u8 = place.parse().ok()?;
                (place <= 100).then_some((ratio.parse().ok()?, place))
            };
            let crop = part.split_once('=').and_then(read);
            crop.ok_or_else(|| Cause::new("cover_crop_invalid").with("crop", part))
        });
        crops.collect::<Result<_, _>>().map(Self)
    }

    /// Per cent; the last choice counts, and the middle where none was made.
    pub fn place(&self, ratio: Option<Ratio>) -> u8 {
        let chosen = ratio.and_then(|ratio| self.0.iter().rfind(|(known, _)| known.is_like(ratio)));
        chosen.map_or(MIDDLE, |(_, place)| *place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_part_with_the_ratio_is_cut_where_it_was_wished() {
        for (size, ratio, place, wished) in [
            ((1920, 1080), "16:9", 50, (0, 0, 1920, 1080)),
            ((1920, 1080), "16:10", 50, (96, 0, 1728, 1080)),
            ((1920, 1080), "16:10", 0, (0, 0, 1728, 1080)),
            ((1920, 1080), "16:10", 100, (192, 0, 1728, 1080)),
            ((1920, 1080), "4:3", 25, (120, 0, 1440, 1080)),
            ((1080, 1920), "16:10", 50, (0, 623, 1080, 675)),
            ((1080, 1920), "16:10", 0, (0, 0, 1080, 675)),
            ((1080, 1920), "9:16", 50, (0, 0, 1080, 1920)),
            ((1080, 1920), "1:1", 100, (0, 840, 1080, 1080)),
            // One pixel more than the ratio has.
            ((1146, 717), "16:10", 50, (0, 1, 1146, 716)),
            ((1, 1), "16:10", 50, (0, 0, 1, 1)),
            ((1, 30_000), "16:10", 50, (0, 15_000, 1, 1)),
            ((30_000, 1), "1:1", 100, (29_999, 0, 1, 1)),
            ((u32::MAX, u32::MAX), "1:1", 50, (0, 0, u32::MAX, u32::MAX)),
        ] {
            let cut = cut(size, ratio.parse().ok(), place);
            let made = (cut.x, cut.y, cut.width_px, cut.height_px);
            assert_eq!(made, wished, "{size:?} to {ratio} at {place}");
        }
    }

    #[test]
    fn what_is_cut_is_always_inside_the_picture() {
        let sides = [1, 2, 3, 7, 599, 600, 1080, 3840, 65_535];
        for (width, height) in sides
            .iter()
            .flat_map(|w| sides.iter().map(move |h| (*w, *h)))
        {
            for ratio in ["1:1", "16:10", "16:9", "9:16", "4:3", "10000:1", "1:10000"] {
                for place in [0, 1, 50, 99, 100, 255] {
                    let cut = cut((width, height), ratio.parse().ok(), place);
                    assert!(cut.width_px >= 1 && cut.height_px >= 1);
                    assert!(cut.x + cut.width_px <= width && cut.y + cut.height_px <= height);
                    assert!(cut.width_px == width || cut.height_px == height);
                }
            }
        }
    }

    #[test]
    fn a_choice_holds_for_its_ratio_however_that_is_written() {
        let crops = Crops::read("16:10=10, 4:3=0 16:10=30").unwrap();
        let place = |ratio: &str| crops.place(ratio.parse().ok());
        assert_eq!((place("16:10"), place("8:5"), place("4:3")), (30, 30, 0));
        assert_eq!((place("1:1"), crops.place(None)), (50, 50));
        assert_eq!(Crops::read("  ").unwrap(), Crops::default());
    }

    #[test]
    fn a_choice_that_cannot_be_read_is_named() {
        for text in [
            "16:10",
            "16=10",
            "16:10=101",
            "0:1=5",
            "16:10=-1",
            "1:1=5 x",
            "1:1:1=5",
        ] {
            let cause = Crops::read(text).unwrap_err();
            assert_eq!(cause.code, "cover_crop_invalid");
            assert_eq!(cause.params["crop"], text.rsplit(' ').next().unwrap());
        }
    }
}
