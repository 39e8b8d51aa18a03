//! The guard of the link: what is known of it, the rules and the exceptions, and for whom it is open.
//!
//! Decides by `model::network`; keeps rules and exceptions in the settings. Knows nothing of workers.
//! Always holds: until the link has been looked at, and for two seconds after traffic took another way, it is closed.

use crate::{clock::now_ms, hours::zone};
use parking_lot::RwLock;
use slipway_model::{
    Link, LinkKind, Metered, UploadId, Wait,
    network::{self, Day, NetworkRules, Passes, Teller, Verdict},
};
use slipway_store::{Store, StoreError};
use std::{sync::Arc, time::Duration};
use tokio::{sync::watch, time::Instant};

/// Settings, as JSON.
pub(crate) const RULES: &str = "network_rules";
const PASSES: &str = "network_passes";
/// After a change of the way that traffic takes: addresses and routes settle.
const REST: Duration = Duration::from_secs(2);
/// Most of what was counted that a crash may lose, in time.
const KEEP_EVERY: Duration = Duration::from_secs(5);

/// What front ends see of it.
#[derive(Debug, Clone)]
pub struct NetworkView {
    pub link: Link,
    /// For no upload in particular.
    pub verdict: Verdict,
    pub rules: NetworkRules,
    pub passes: Passes,
    pub day: Day,
}

#[derive(Debug)]
struct State {
    link: Link,
    rules: NetworkRules,
    passes: Passes,
    rests_until: Option<Instant>,
    day: Day,
    /// Counted and not kept so far, and since when.
    unkept: u64,
    kept_at: Instant,
}

/// Cheap to clone; all see the same.
#[derive(Clone)]
pub(crate) struct Guard {
    state: Arc<RwLock<State>>,
    store: Store,
}

impl Guard {
    pub(crate) async fn load(store: Store) -> Result<Self, StoreError> {
        let read = async |name: &str| store.setting(name).await;
        let state = State {
            link: Link::none(),
            // What cannot be read any more rules nothing: closed is the default.
            rules: kept(read(RULES).await?),
            passes: kept(read(PASSES).await?),
            rests_until: None,
            day: today(&store).await?,
            unkept: 0,
            kept_at: Instant::now(),
        };
        let state = Arc::new(RwLock::new(state));
        Ok(Self { state, store })
    }

    /// Takes note of the link. Says whether traffic takes another way than before.
    pub(crate) fn saw(&self, link: Link) -> bool {
        let mut state = self.state.write();
        let before = std::mem::replace(&mut state.link, link);
        let is_other = !before.is_same_way(&state.link);
        if is_other && before.online {
            state.rests_until = Some(Instant::now() + REST);
        }
        is_other
    }

    pub(crate) fn verdict(&self, upload: Option<UploadId>) -> Verdict {
        let state = self.state.read();
        let State {
            link,
            rules,
            passes,
            day,
            ..
        } = &*state;
        network::decide(link, rules, passes, day, upload, now_ms())
    }

    /// Whether something may go now; for no upload in particular with `None`.
    pub(crate) fn is_open(&self, upload: Option<UploadId>) -> bool {
        self.verdict(upload).rule.lets_pass() && self.rests_until().is_none()
    }

    /// Until when nothing goes, whatever the rules say.
    pub(crate) fn rests_until(&self) -> Option<Instant> {
        let until = self.state.read().rests_until;
        until.filter(|until| *until > Instant::now())
    }

    /// When it may be worth deciding again although nothing changed, in ms since 1970 UTC.
    pub(crate) fn changes_ms(&self) -> Option<i64> {
        let state = self.state.read();
        let day_ends = (!state.rules.budgets.is_empty()).then_some(state.day.ends_ms);
        state.passes.until_ms.into_iter().chain(day_ends).min()
    }

    /// Bytes have gone over the link. Says whether that was all that its user allows for today.
    pub(crate) fn spent(&self, bytes: u64) -> bool {
        let before = self.verdict(None).rule.lets_pass();
        {
            let mut state = self.state.write();
            for name in state.link.meters() {
                *state.day.spent.entry(name).or_default() += bytes;
            }
            state.unkept += bytes;
        }
        before && !self.verdict(None).rule.lets_pass()
    }

    /// Keeps what was counted, every few seconds or `now`.
    pub(crate) async fn keep_count(&self, now: bool) {
        let (names, bytes) = {
            let mut state = self.state.write();
            if state.unkept == 0 || !now && state.kept_at.elapsed() < KEEP_EVERY {
                return;
            }
            state.kept_at = Instant::now();
            (state.link.meters(), std::mem::take(&mut state.unkept))
        };
        if let Err(error) = self.store.network_sent(names, bytes, now_ms()).await {
            tracing::warn!(%error, "what went over the link is not kept");
        }
    }

    /// A new day begins with nothing spent. Says whether one began.
    pub(crate) async fn day_is_over(&self) -> bool {
        if now_ms() < self.state.read().day.ends_ms {
            return false;
        }
        self.keep_count(true).await;
        match today(&self.store).await {
            Ok(day) => self.state.write().day = day,
            Err(error) => tracing::warn!(%error, "what went over the link cannot be read"),
        }
        true
    }

    /// A pass that has ended is forgotten. Says whether there was one.
    pub(crate) fn pass_is_over(&self) -> bool {
        let mut state = self.state.write();
        let over = state.passes.until_ms.is_some_and(|until| until <= now_ms());
        if over {
            state.passes.until_ms = None;
        }
        over
    }

    /// An upload that has ended needs no pass any more.
    pub(crate) async fn pass_is_used(&self, id: UploadId) {
        let mut passes = self.state.read().passes.clone();
        passes.uploads.remove(&id);
        if let Err(error) = self.set_passes(passes).await {
            tracing::warn!(%error, "a used pass cannot be forgotten");
        }
    }

    /// Uploads that may go over any link.
    pub(crate) fn passed(&self) -> Vec<UploadId> {
        self.state.read().passes.uploads.iter().copied().collect()
    }

    /// Why nothing goes, for no upload in particular.
    pub(crate) fn wait(&self) -> Option<Wait> {
        self.verdict(None).wait(&self.state.read().link)
    }

    pub(crate) fn view(&self) -> NetworkView {
        let verdict = self.verdict(None);
        let state = self.state.read();
        NetworkView {
            link: state.link.clone(),
            verdict,
            rules: state.rules.clone(),
            passes: state.passes.clone(),
            day: state.day.clone(),
        }
    }

    pub(crate) async fn set_rules(&self, rules: NetworkRules) -> Result<(), StoreError> {
        self.keep(RULES, &rules).await?;
        self.state.write().rules = rules;
        Ok(())
    }

    pub(crate) async fn set_passes(&self, passes: Passes) -> Result<(), StoreError> {
        self.keep(PASSES, &passes).await?;
        self.state.write().passes = passes;
        Ok(())
    }

    async fn keep(&self, name: &str, value: &impl serde::Serialize) -> Result<(), StoreError> {
        let json = serde_json::to_string(value).ok();
        self.store.setting_set(name, json).await
    }
}

/// Since midnight here, with the next one.
async fn today(store: &Store) -> Result<Day, StoreError> {
    let now = jiff::Timestamp::from_millisecond(now_ms()).unwrap_or_default();
    let here = now.to_zoned(zone());
    let begins = here.start_of_day().unwrap_or_else(|_| here.clone());
    let ends = here.tomorrow().and_then(|next| next.start_of_day());
    let ends_ms = ends.map_or(i64::MAX, |ends| ends.timestamp().as_millisecond());
    let begins_ms = begins.timestamp().as_millisecond();
    Ok(Day {
        spent: store.networks_since(begins_ms).await?,
        ends_ms,
    })
}

/// The link as it is told. Nothing is asked where nothing is sent, or where any link will do.
pub(crate) fn follow(runs: bool, any: bool) -> watch::Receiver<Link> {
    if runs && !any {
        return slipway_network::follow();
    }
    let (tell, told) = watch::channel(Link::none());
    if any {
        tell.send_replace(free()); // seen as a change by who follows
    }
    told
}

/// The link as it is now, for who does not follow it.
pub(crate) async fn look(any: bool) -> Link {
    if any {
        return free();
    }
    slipway_network::look().await
}

fn free() -> Link {
    Link {
        kind: LinkKind::Ethernet,
        metered: Metered::No,
        ..Link::unknown(Teller::Nobody)
    }
}

fn kept<T: Default + serde::de::DeserializeOwned>(json: Option<String>) -> T {
    let read = json.and_then(|json| serde_json::from_str(&json).ok());
    read.unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(kind: LinkKind, key: &str) -> Link {
        Link {
            kind,
            key: Some(key.into()),
            name: Some(key.into()),
            metered: Metered::No,
            ..Link::unknown(Teller::NetworkManager)
        }
    }

    async fn guard() -> (tempfile::TempDir, Guard) {
        let dir = tempfile::tempdir().unwrap();
        let (store, _) = Store::open(dir.path(), 0).await.unwrap();
        (dir, Guard::load(store).await.unwrap())
    }

    #[tokio::test]
    async fn it_is_closed_until_looked_at_and_rests_after_another_way_was_taken() {
        let (_dir, guard) = guard().await;
        assert!(!guard.verdict(None).rule.lets_pass());
        assert!(guard.saw(link(LinkKind::Wifi, "home")));
        assert!(guard.verdict(None).rule.lets_pass());
        assert_eq!(guard.rests_until(), None, "nothing was under way before");
        let costs = Link {
            metered: Metered::Yes,
            ..link(LinkKind::Wifi, "home")
        };
        assert!(!guard.saw(costs), "the same way");
        assert!(!guard.verdict(None).rule.lets_pass());
        assert_eq!(guard.rests_until(), None);
        assert!(guard.saw(link(LinkKind::Ethernet, "desk")));
        assert!(guard.verdict(None).rule.lets_pass());
        assert!(guard.rests_until().is_some());
    }

    #[tokio::test]
    async fn rules_and_passes_are_there_after_a_new_start() {
        let (dir, guard) = guard().await;
        let rules = NetworkRules {
            classes: [(network::Class::Cellular, network::Rule::Go)].into(),
            ..NetworkRules::default()
        };
        guard.set_rules(rules.clone()).await.unwrap();
        let passes = Passes {
            uploads: [UploadId(7), UploadId(8)].into(),
            until_ms: Some(now_ms() - 1),
        };
        guard.set_passes(passes).await.unwrap();
        guard.pass_is_used(UploadId(7)).await;
        drop(guard);
        let (store, _) = Store::open(dir.path(), 0).await.unwrap();
        let guard = Guard::load(store).await.unwrap();
        assert_eq!(guard.view().rules, rules);
        assert_eq!(guard.passed(), [UploadId(8)]);
        assert!(guard.pass_is_over() && !guard.pass_is_over());
    }

    #[tokio::test]
    async fn bytes_of_a_day_are_counted_kept_and_close_the_link_when_they_reach_the_budget() {
        let (dir, guard) = guard().await;
        guard.saw(link(LinkKind::Wifi, "home"));
        let rules = NetworkRules {
            budgets: [("home".to_owned(), 1000)].into(),
            ..NetworkRules::default()
        };
        guard.set_rules(rules).await.unwrap();
        assert!(!guard.spent(999) && guard.verdict(None).rule.lets_pass());
        assert!(guard.spent(1), "once");
        assert!(!guard.spent(5), "and not again");
        assert!(
            guard
                .wait()
                .unwrap()
                .until_ms()
                .is_some_and(|until| until > now_ms())
        );
        guard.keep_count(true).await;
        drop(guard);
        let (store, _) = Store::open(dir.path(), 0).await.unwrap();
        let guard = Guard::load(store).await.unwrap();
        guard.saw(link(LinkKind::Wifi, "home"));
        assert_eq!(guard.view().day.spent.get("home"), Some(&1005));
        assert!(!guard.verdict(None).rule.lets_pass(), "after a new start");
        guard.saw(link(LinkKind::Wifi, "elsewhere"));
        assert!(guard.verdict(None).rule.lets_pass());
    }
}
