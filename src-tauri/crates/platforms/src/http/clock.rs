//! How far each host's clock is from ours, learnt from the `Date` of its answers, so that signatures carry the platform's time.
//!
//! Good to a second or two. A host that was never heard is taken to have our time.

use parking_lot::Mutex;
use reqwest::header::DATE;
use std::{
    collections::HashMap,
    time::{SystemTime, UNIX_EPOCH},
};

#[derive(Debug, Default)]
pub struct Clocks {
    /// Host's time less ours, in ms.
    ahead_ms: Mutex<HashMap<String, i64>>,
}

impl Clocks {
    pub(crate) fn note(&self, response: &reqwest::Response) {
        let date = response
            .headers()
            .get(DATE)
            .and_then(|value| value.to_str().ok())
            .and_then(|text| httpdate::parse_http_date(text).ok());
        if let (Some(date), Some(host)) = (date, host_of(response.url())) {
            self.set(&host, unix_ms(date), unix_ms(SystemTime::now()));
        }
    }

    fn set(&self, host: &str, theirs_ms: i64, ours_ms: i64) {
        // A `Date` is cut to whole seconds: half of one is the fairest guess. Less than two seconds is no difference.
        let ahead = theirs_ms + 500 - ours_ms;
        let ahead = if ahead.abs() < 2000 { 0 } else { ahead };
        self.ahead_ms.lock().insert(host.to_owned(), ahead);
    }

    /// The host's time in ms since 1970 UTC.
    pub fn now_ms(&self, url: &url::Url) -> i64 {
        let ahead = host_of(url)
            .and_then(|host| self.ahead_ms.lock().get(&host).copied())
            .unwrap_or(0);
        unix_ms(SystemTime::now()) + ahead
    }
}

fn host_of(url: &url::Url) -> Option<String> {
    let port = url.port_or_known_default().unwrap_or(0);
    url.host_str().map(|host| format!("{host}:{port}"))
}

fn unix_ms(at: SystemTime) -> i64 {
    match at.duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        Err(before) => -i64::try_from(before.duration().as_millis()).unwrap_or(i64::MAX),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_clock_that_is_off_is_corrected_and_a_close_one_is_left_alone() {
        let clocks = Clocks::default();
        let url = url::Url::parse("https://a.example/x").unwrap();
        clocks.set("a.example:443", 1_700_000_660_000, 1_700_000_000_000);
        let ahead = clocks.now_ms(&url) - unix_ms(SystemTime::now());
        assert!((ahead - 660_500).abs() < 100, "{ahead}");
        clocks.set("a.example:443", 1_700_000_001_000, 1_700_000_000_000);
        let ahead = clocks.now_ms(&url) - unix_ms(SystemTime::now());
        assert!(ahead.abs() < 100, "{ahead}");
    }
}
