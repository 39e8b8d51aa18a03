//! The ticket: where the file goes, how it is cut, with which key, and how far the commit has come. Kept by the engine before each step's effect.
//!
//! Pure. Holds a temporary key and is sealed by the engine.

use super::{
    NAME,
    place::{Credential, Place, Sealed},
};
use crate::{Result, ticket};
use serde::{Deserialize, Serialize};
use slipway_model::{Cuts, Receipt, Ticket};

#[derive(Clone, Serialize, Deserialize)]
pub(super) struct Kept {
    /// The platform's id of the work.
    pub(super) video_id: String,
    pub(super) place: Place,
    pub(super) credential: Sealed,
    /// None when the whole file goes in one request.
    #[serde(default)]
    pub(super) upload_id: Option<String>,
    pub(super) cuts: Cuts,
    /// The draft's key: finds the work again when its place is lost.
    pub(super) draft: String,
    /// Of the words that the work was made with.
    pub(super) manuscript_hash: String,
    #[serde(default)]
    pub(super) cover_url: Option<String>,
    #[serde(default)]
    pub(super) stage: Stage,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(super) enum Stage {
    #[default]
    Sending,
    /// The parts may have been put together.
    Completing,
    /// The object is there, whole and compared.
    Completed,
    /// The object is not there, or not what was sent: everything again.
    Lost,
}

impl Kept {
    pub(super) fn read(ticket: &Ticket) -> Result<Self> {
        ticket::read(NAME, ticket)
    }

    pub(super) fn ticket(&self) -> Ticket {
        ticket::written(self)
    }

    pub(super) fn credential(&self) -> Credential {
        self.credential.clone().into()
    }

    pub(super) fn at(&self, stage: Stage) -> Self {
        Self {
            stage,
            ..self.clone()
        }
    }
}

/// What is known of a part that landed: the platform's ETag, opaque, and the CRC-64/XZ of the bytes that were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Landed {
    pub(super) etag: String,
    pub(super) crc64: Option<u64>,
}

impl Landed {
    /// As it stands in a receipt, which has one field for what is the platform's own.
    pub(super) fn text(&self) -> String {
        match self.crc64 {
            Some(crc64) => format!("{} {crc64:016x}", self.etag),
            None => self.etag.clone(),
        }
    }

    pub(super) fn read(receipt: &Receipt) -> Option<Self> {
        let text = receipt.etag.as_deref()?;
        let (etag, crc64) = match text.split_once(' ') {
            Some((etag, crc64)) => (etag, u64::from_str_radix(crc64, 16).ok()),
            None => (text, None),
        };
        Some(Self {
            etag: etag.to_owned(),
            crc64,
        })
    }
}

/// The CRC-64/XZ of the whole file, from its parts'. `None` when one lacks it.
pub(super) fn whole_crc64(cuts: &Cuts, landed: &[Landed]) -> Option<u64> {
    if landed.len() != cuts.len() as usize {
        return None;
    }
    let mut whole = 0; // the CRC of nothing
    for (span, part) in cuts.spans().zip(landed) {
        let xz = crc_fast::CrcAlgorithm::Crc64Xz;
        whole = crc_fast::checksum_combine(xz, whole, part.crc64?, span.len_bytes);
    }
    Some(whole)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn landed(crc64: Option<u64>) -> Landed {
        Landed {
            etag: "302D3A0C8E319EAA95B059B346DE1D1D".into(),
            crc64,
        }
    }

    #[test]
    fn the_checksum_agrees_with_the_vendors_table() {
        let crc = |bytes: &[u8]| crc_fast::checksum(crc_fast::CrcAlgorithm::Crc64Xz, bytes);
        for (text, decimal) in [
            ("", 0),
            ("123456789", 11_051_210_869_376_104_954),
            ("12345", 6_748_440_630_437_108_969),
            ("67890", 6_285_347_597_771_850_461),
            ("1234567890", 12_811_388_247_244_714_686),
        ] {
            assert_eq!(crc(text.as_bytes()), decimal, "{text}");
        }
        assert_eq!(crc(&vec![b'a'; 102_400]), 12_696_911_168_479_852_064);
        assert_eq!(crc(&vec![b'b'; 1000]), 16_208_029_625_697_213_207);
        let parts = [
            landed(Some(12_696_911_168_479_852_064)),
            landed(Some(16_208_029_625_697_213_207)),
        ];
        let cuts = Cuts::equal(103_400, 102_400);
        assert_eq!(whole_crc64(&cuts, &parts), Some(10_189_816_783_531_802_777));
        assert_eq!(whole_crc64(&cuts, &[parts[0].clone(), landed(None)]), None);
        assert_eq!(whole_crc64(&cuts, &parts[..1]), None, "one is missing");
    }

    #[test]
    fn a_receipt_gives_back_what_was_put_into_it() {
        for part in [landed(Some(7)), landed(None)] {
            let receipt = Receipt {
                etag: Some(part.text()),
                ..Receipt::default()
            };
            assert_eq!(Landed::read(&receipt), Some(part));
        }
        assert_eq!(Landed::read(&Receipt::default()), None);
    }
}
