//! A house with one account on one simulated platform.

use slipway_api::wire::{Limit, UploadRow};
use slipway_model::{AccountId, UploadId};
use slipway_sites::{Site, Work};
use slipway_tests::house::{House, sha256, video_bytes};
use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub(crate) struct Stay {
    pub(crate) site: Box<dyn Site>,
    pub(crate) house: House,
    pub(crate) account: AccountId,
}

impl Stay {
    pub(crate) async fn at(platform: &str) -> Self {
        let (site, house) = (slipway_sites::start(platform, 1).await, House::new().await);
        let settings = site.settings().into_iter();
        let settings = settings.map(|(name, value)| (name.to_owned(), value));
        let secrets = site.secrets();
        let secrets: Vec<_> = secrets.iter().map(|(n, v)| (*n, v.as_str())).collect();
        let account = house
            .account(platform, "main", settings.collect(), &secrets)
            .await;
        Self {
            site,
            house,
            account,
        }
    }

    pub(crate) fn fields(&self, title: &str) -> BTreeMap<String, String> {
        let own = self.site.fields().into_iter().chain([("title", title)]);
        own.map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect()
    }

    pub(crate) async fn add(&self, file: &Path, title: &str) -> UploadId {
        self.house.add(file, self.account, self.fields(title)).await
    }

    /// A file of so many whole parts and a piece of one.
    pub(crate) fn video(&self, parts: u64) -> (PathBuf, usize) {
        let len = usize::try_from(parts * self.site.part_bytes()).unwrap() + 123;
        (self.house.video(&format!("{len}.mp4"), len), len)
    }

    pub(crate) async fn cap(&self, bytes_per_second: Option<u64>) {
        let limit = Limit { bytes_per_second };
        self.house.api.limit_set(limit).await.unwrap();
    }

    /// Slow enough that some parts have landed and others have not.
    pub(crate) async fn slowly(&self) {
        self.cap(Some(4 * self.site.part_bytes())).await;
    }

    pub(crate) async fn until_held(&self, id: UploadId) -> UploadRow {
        self.house
            .until(id, "a part that landed", |row| row.live.held_bytes > 0)
            .await
    }

    /// Quits, and starts again without a cap.
    pub(crate) async fn restart(self) -> Self {
        let house = self.house.restart().await;
        let stay = Self { house, ..self };
        stay.cap(None).await;
        stay
    }
}

/// The only works that may be there.
pub(crate) fn works(those: &[(&str, usize)]) -> Vec<Work> {
    let work = |(title, len): &(&str, usize)| Work {
        title: (*title).to_owned(),
        sha256: sha256(&video_bytes(*len, *len as u64)),
    };
    those.iter().map(work).collect()
}
