//! The engine as others hold it: started on a data folder, ordered about, asked, stopped.

use crate::{
    accounts::Accounts,
    board::Board,
    caps::{Caps, Speed},
    clock::now_ms,
    covers::Covers,
    dispatcher::{Dispatcher, Idle, Order, State},
    happening::Happening,
    headroom,
    hours::{self, UploadHours},
    lanes::Lanes,
    lock::{DataLock, LockError},
    network::{Guard, NetworkView},
    power::{Power, PowerView},
    proxies::Proxies,
    renewing::renew_in_time,
    rules::Rules,
    seal::random,
    secrets::Secrets,
    worker::Tools,
};
use parking_lot::Mutex;
use secrecy::{ExposeSecret as _, SecretString};
use slipway_model::{
    Account, AccountId, Cause, Health, OnlineFile, SourceFile, UploadId,
    finish::{Finish, Standing, Wish},
    line::Line,
    network::{NetworkRules, Passes},
    proxy::Proxy,
    speed::Turtle,
    times::Hours,
    timetable::Timetable,
};
use slipway_platforms::Error;
use slipway_store::{OpenError, OpenReport, Store, StoreError};
use std::{
    collections::BTreeMap,
    io,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};
use tokio::{
    sync::{broadcast, mpsc, oneshot, watch},
    task::JoinHandle,
};
use tokio_util::sync::CancellationToken;

/// Setting, as JSON.
pub(crate) const LINE: &str = "line";
/// Happenings a slow listener may lag behind.
const HAPPENINGS: usize = 4096;
const BACKUP_LOOK: Duration = Duration::from_secs(3600);

#[derive(Debug, Default)]
pub struct Options {
    pub data_dir: PathBuf,
    /// For the vault, where there is no keychain.
    pub passphrase: Option<SecretString>,
    /// Uploads move. Without it the queue can be read and changed, and waits.
    pub run: bool,
    /// Uploads under way at once in this run; `None` is what the settings say.
    pub at_once: Option<usize>,
    /// Whatever link there is may be used: nobody is asked what it costs.
    pub any_network: bool,
}

#[derive(Debug, thiserror::Error)]
pub enum StartError {
    #[error("another engine uses this data folder")]
    Locked,
    #[error("the data folder cannot be written")]
    DataFolder(#[source] io::Error),
    #[error(transparent)]
    Store(#[from] OpenError),
    #[error("the secrets cannot be opened: {}", .0.code)]
    Secrets(Cause),
    #[error(transparent)]
    Queue(#[from] StoreError),
}

/// Cheap to clone; the engine runs until [`Engine::stop`].
#[derive(Clone)]
pub struct Engine {
    inner: Arc<Inner>,
}

struct Inner {
    data_dir: PathBuf,
    store: Store,
    secrets: Arc<Secrets>,
    covers: Covers,
    accounts: Arc<Accounts>,
    board: Arc<Board>,
    caps: Arc<Caps>,
    guard: Guard,
    power: Power,
    happenings: broadcast::Sender<Happening>,
    orders: mpsc::Sender<Order>,
    idle: watch::Receiver<Option<Idle>>,
    stop: CancellationToken,
    task: Mutex<Option<JoinHandle<()>>>,
    /// Held to the end.
    lock: Mutex<Option<DataLock>>,
    opened: OpenReport,
    runs: bool,
    any_network: bool,
}

impl std::fmt::Debug for Engine {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Engine({})", self.inner.data_dir.display())
    }
}

impl Engine {
    /// Takes the data folder, opens the queue, and begins to work on it.
    ///
    /// # Errors
    /// [`StartError`]; nothing was changed then.
    pub async fn start(options: Options) -> Result<Self, StartError> {
        let Options {
            data_dir,
            passphrase,
            run,
            at_once,
            any_network,
        } = options;
        let lock = DataLock::take(&data_dir).map_err(|error| match error {
            LockError::Taken => StartError::Locked,
            LockError::Io(error) => StartError::DataFolder(error),
        })?;
        let (store, opened) = Store::open(&data_dir, now_ms()).await?;
        let folder_id = match store.setting("folder_id").await? {
            Some(id) => id,
            None => {
                let id = hex::encode(random::<8>());
                store.setting_set("folder_id", Some(id.clone())).await?;
                id
            }
        };
        let dir = data_dir.clone();
        let secrets = tokio::task::spawn_blocking(move || {
            Secrets::open(&dir, folder_id, passphrase.as_ref())
        })
        .await
        .unwrap_or_else(|_| Err(Cause::new("secrets_unreachable")))
        .map_err(StartError::Secrets)?;
        let secrets = Arc::new(secrets);
        let accounts = Arc::new(Accounts::new(
            store.clone(),
            secrets.clone(),
            Proxies::load(store.clone(), secrets.clone()).await?,
        ));
        let board = Arc::new(Board::default());
        let hours = UploadHours::read(&store).await?;
        let present = hours.present(now_ms(), &hours::zone());
        let caps = Arc::new(Caps::load(store.clone(), board.clone(), present).await?);
        let line = line_of(&store).await?;
        let covers = Covers::new(data_dir.clone());
        let lanes = Lanes::default();
        lanes.set(&line);
        let tools = Tools {
            board: board.clone(),
            lanes,
            buffers: Arc::default(),
            caps: caps.clone(),
            link_wire: Arc::default(),
            secrets: secrets.clone(),
            covers: covers.clone(),
        };
        let guard = Guard::load(store.clone()).await?;
        let (happenings, _) = broadcast::channel(HAPPENINGS);
        let (orders, order_queue) = mpsc::channel(256);
        let (idle_tell, idle) = watch::channel(None);
        let stop = CancellationToken::new();
        let follow = move || crate::network::follow(run, any_network);
        let (standing_tell, standing) = watch::channel(Standing::default());
        let power = Power::load(store.clone(), board.clone(), standing).await?;
        let mut dispatcher = Dispatcher {
            store: store.clone(),
            accounts: accounts.clone(),
            secrets: secrets.clone(),
            board: board.clone(),
            tools: Arc::new(tools),
            guard: guard.clone(),
            link: follow(),
            follow: Box::new(follow),
            standing: standing_tell,
            happenings: happenings.clone(),
            orders: order_queue,
            own_orders: orders.downgrade(),
            reports: mpsc::channel(1024),
            idle: idle_tell,
            stop: stop.clone(),
            at_once: 0,
            most_at_once: at_once,
            runs: run,
            line: Line::default(),
            state: State::default(),
        };
        dispatcher.take_line(line);
        let backups = back_up(store.clone(), stop.clone());
        let sweeps = covers.clone().sweep(store.clone(), stop.clone());
        let renewals = renew_in_time(store.clone(), accounts.clone(), board.clone(), stop.clone());
        let (orders_weak, stop_power) = (orders.downgrade(), stop.clone());
        let keeper = power.clone();
        let (held, stop_room) = (caps.clone(), stop.clone());
        let task = tokio::spawn(async move {
            let keeper = async {
                if run {
                    keeper
                        .run(slipway_power::System::default(), orders_weak, stop_power)
                        .await;
                }
            };
            let renewals = async {
                if run {
                    renewals.await;
                }
            };
            let room = headroom::run(held, stop_room);
            tokio::join!(dispatcher.run(), backups, sweeps, renewals, keeper, room);
        });
        let inner = Inner {
            data_dir,
            store,
            secrets,
            covers,
            accounts,
            board,
            caps,
            guard,
            power,
            happenings,
            orders,
            idle,
            stop,
            task: Mutex::new(Some(task)),
            lock: Mutex::new(Some(lock)),
            opened,
            runs: run,
            any_network,
        };
        Ok(Self {
            inner: Arc::new(inner),
        })
    }

    pub fn data_dir(&self) -> &Path {
        &self.inner.data_dir
    }
    pub fn store(&self) -> &Store {
        &self.inner.store
    }
    pub fn board(&self) -> &Board {
        &self.inner.board
    }
    pub fn secrets(&self) -> &Secrets {
        &self.inner.secrets
    }
    pub fn covers(&self) -> &Covers {
        &self.inner.covers
    }
    /// What was found when the queue was opened.
    pub fn opened(&self) -> &OpenReport {
        &self.inner.opened
    }
    pub fn runs(&self) -> bool {
        self.inner.runs
    }

    pub fn happenings(&self) -> broadcast::Receiver<Happening> {
        self.inner.happenings.subscribe()
    }
    pub fn tell(&self, happening: Happening) {
        let _ = self.inner.happenings.send(happening);
    }

    /// `Some` while nothing can move by itself.
    pub fn idle(&self) -> watch::Receiver<Option<Idle>> {
        self.inner.idle.clone()
    }

    /// A file that is online, its address not sealed yet.
    pub fn online_file(shown: String, whole: &SecretString) -> OnlineFile {
        OnlineFile {
            sample: blake3::hash(whole.expose_secret().as_bytes())
                .to_hex()
                .to_string(),
            sealed: Vec::new(),
            shown,
        }
    }

    /// Seals the address of a file that is online, before it is kept.
    ///
    /// # Errors
    /// `SecretsLocked` when there is nowhere to keep a key.
    pub async fn seal_address(
        &self,
        online: &mut OnlineFile,
        whole: &SecretString,
    ) -> Result<(), Error> {
        let sealer = self.inner.secrets.sealer().await?;
        online.sealed = sealer.seal(&online.shown, whole.expose_secret().as_bytes());
        Ok(())
    }

    /// The whole address of a file that is online, for sending it once more.
    ///
    /// # Errors
    /// `SecretsLocked`; `address_unsealable` when the key it was sealed with is gone.
    pub async fn open_address(&self, online: &OnlineFile) -> Result<SecretString, Error> {
        self.inner.secrets.open_address(online).await
    }

    /// How fast all uploads together may go.
    pub fn speed(&self) -> Speed {
        self.inner.caps.speed()
    }

    /// Takes effect at once, and is kept. In bytes per second.
    pub async fn set_limit(&self, rate: Option<u64>) -> Result<(), StoreError> {
        self.inner.caps.set_limit(rate).await
    }

    /// Takes effect at once, and is kept.
    pub async fn set_turtle(&self, turtle: Turtle) -> Result<(), StoreError> {
        self.inner.caps.set_turtle(turtle).await
    }

    /// The timetable's level between full and turtle. Takes effect at once, and is kept.
    pub async fn set_level_cap(&self, rate: u64) -> Result<(), StoreError> {
        self.inner.caps.set_level_cap(rate).await
    }

    /// The caps of accounts that have one, in bytes per second.
    pub fn account_limits(&self) -> BTreeMap<AccountId, u64> {
        self.inner.caps.account_limits()
    }

    /// Takes effect at once, and is kept.
    pub async fn set_account_limit(
        &self,
        id: AccountId,
        rate: Option<u64>,
    ) -> Result<(), StoreError> {
        self.inner.caps.set_account(id, rate).await
    }

    /// Takes effect at once, and is kept.
    ///
    /// # Errors
    /// `NotFound` when it was removed.
    pub async fn set_upload_limit(
        &self,
        id: UploadId,
        rate: Option<u64>,
    ) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.order(Order::LimitSet(id, rate, done)).await;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }

    /// A cap for this run only.
    pub fn cap(&self, rate: Option<u64>) {
        self.inner.caps.cap(rate);
    }

    /// The link as it is now, and what may go over it.
    pub async fn network(&self) -> NetworkView {
        if !self.inner.runs {
            let link = crate::network::look(self.inner.any_network).await;
            self.inner.guard.saw(link);
        }
        self.inner.guard.view()
    }

    /// Takes effect at once, and is kept.
    pub async fn set_network_rules(&self, rules: NetworkRules) -> Result<(), StoreError> {
        self.inner.guard.set_rules(rules).await?;
        self.ask(Order::Weigh).await;
        Ok(())
    }

    /// Takes effect at once, and is kept until it ends.
    pub async fn set_network_passes(&self, passes: Passes) -> Result<(), StoreError> {
        self.inner.guard.set_passes(passes).await?;
        self.ask(Order::Weigh).await;
        Ok(())
    }

    /// Returns when everything that was ordered before has been weighed.
    pub async fn weighed(&self) {
        self.hold(Vec::new()).await;
    }

    /// Something may run now that could not before.
    pub async fn wake(&self) {
        self.inner.board.queue_changed();
        self.order(Order::Wake).await;
    }
    /// Places in the queue changed.
    pub async fn moved(&self) {
        self.inner.board.queue_changed();
        self.order(Order::Moved).await;
    }
    pub async fn hold(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::Hold(ids, done)).await
    }
    pub async fn release(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::Release(ids, done)).await
    }
    pub async fn cancel(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::Cancel(ids, done)).await
    }
    pub async fn retry(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::Retry(ids, done)).await
    }
    pub async fn remove(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::Remove(ids, done)).await
    }
    /// Gives the upload's manuscript another file, or its own at another place; all its uploads obey.
    ///
    /// # Errors
    /// Nothing was changed, or what had been sent of the old file was let go.
    pub async fn set_file(&self, id: UploadId, file: SourceFile) -> Result<(), StoreError> {
        let (done, answer) = oneshot::channel();
        self.order(Order::FileSet(id, file, done)).await;
        answer.await.unwrap_or(Err(StoreError::Closed))
    }
    /// The manuscript's words were changed: a failed upload goes on with them.
    pub async fn fields_set(&self, id: UploadId) -> u32 {
        self.ask(|done| Order::FieldsSet(id, done)).await
    }
    /// A refused work was changed on its platform: it is looked at again.
    pub async fn resubmitted(&self, id: UploadId) -> u32 {
        self.ask(|done| Order::Resubmitted(id, done)).await
    }
    /// Settings or secrets of an account changed: those who waited for it go on.
    pub async fn account_changed(&self, id: AccountId) {
        self.inner.accounts.forget(id);
        self.order(Order::AccountChanged(id)).await;
    }

    /// The account has another name and is the same otherwise: nothing of it is disturbed.
    pub fn account_renamed(&self, id: AccountId, label: &str) {
        self.inner.accounts.rename(id, label);
        self.inner.board.accounts_changed();
        self.inner.board.queue_changed();
    }

    /// These are not begun before; `None`: at once.
    pub async fn start_at(&self, ids: Vec<UploadId>, at_ms: Option<i64>) -> u32 {
        self.ask(|done| Order::StartAt(ids, at_ms, done)).await
    }
    /// These may be submitted now, with all of their groups.
    pub async fn let_go(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::LetGo(ids, done)).await
    }
    /// Takes these out of their groups.
    pub async fn leave(&self, ids: Vec<UploadId>) -> u32 {
        self.ask(|done| Order::Leave(ids, done)).await
    }

    /// What keeps the machine awake, and what it does when all is sent.
    pub fn power(&self) -> PowerView {
        self.inner.power.view()
    }

    /// What can be done when all is sent.
    pub async fn finishes(&self) -> Vec<Finish> {
        slipway_power::System::default().offered().await
    }

    /// Takes effect at once, and is kept.
    pub async fn set_keep_awake(&self, keep: bool) -> Result<(), StoreError> {
        self.inner.power.set_keep_awake(keep).await
    }

    /// Once, when all is sent; ends a countdown. Kept until then.
    pub async fn set_wish(&self, wish: Wish) -> Result<(), StoreError> {
        self.inner.power.set_wish(wish).await
    }

    /// The way of all accounts that have none of their own.
    pub fn proxy(&self) -> Proxy {
        self.inner.accounts.proxies.common()
    }

    /// Whether a password is kept for it.
    ///
    /// # Errors
    /// `SecretsLocked`.
    pub async fn proxy_has_password(&self) -> Result<bool, Error> {
        self.inner.accounts.proxies.has_password().await
    }

    /// Takes effect at once, and is kept: what is being sent goes on by the new way, and keeps what has landed. An empty password forgets it.
    ///
    /// # Errors
    /// `proxy_invalid`; `SecretsLocked` when there is nowhere to keep the password.
    pub async fn set_proxy(
        &self,
        proxy: Proxy,
        password: Option<SecretString>,
    ) -> Result<(), Error> {
        let again = self.inner.accounts.set_proxy(proxy, password).await?;
        self.ask(|done| Order::WayChanged(again, done)).await;
        Ok(())
    }

    /// How uploads share the line.
    pub async fn line(&self) -> Result<Line, StoreError> {
        line_of(&self.inner.store).await
    }

    /// Takes effect at once, and is kept.
    pub async fn set_line(&self, line: Line) -> Result<(), StoreError> {
        let json = serde_json::to_string(&line).ok();
        self.inner.store.setting_set(LINE, json).await?;
        self.ask(|done| Order::LineSet(line, done)).await;
        Ok(())
    }

    /// Hours of the day in which bytes may move: an account's own, or those of all that have none.
    pub async fn hours(&self) -> Result<UploadHours, StoreError> {
        UploadHours::read(&self.inner.store).await
    }
    /// Of one account. Takes effect at once, and is kept. `None`: as all others.
    pub async fn set_hours(
        &self,
        account: AccountId,
        hours: Option<&Hours>,
    ) -> Result<(), StoreError> {
        let value = hours.map(ToString::to_string);
        self.keep_hours(Some(account), value).await
    }
    /// Of all. Takes effect at once, and is kept. `None`: full speed at any hour.
    pub async fn set_timetable(&self, timetable: Option<&Timetable>) -> Result<(), StoreError> {
        let value = timetable.map(ToString::to_string);
        self.keep_hours(None, value).await
    }
    async fn keep_hours(
        &self,
        account: Option<AccountId>,
        value: Option<String>,
    ) -> Result<(), StoreError> {
        let name = hours::setting_of(account);
        self.inner.store.setting_set(&name, value).await?;
        self.ask(Order::HoursSet).await;
        self.inner.board.queue_changed();
        Ok(())
    }

    /// No bytes move until then, and what moves stops; `None`: they move again. Takes effect at once, and is kept.
    pub async fn rest_until(&self, until_ms: Option<i64>) -> Result<(), StoreError> {
        crate::rest::keep(&self.inner.store, until_ms).await?;
        self.ask(|done| Order::Rest(until_ms, done)).await;
        Ok(())
    }

    /// The account answered well: those who waited for it go on.
    pub async fn account_ready(&self, id: AccountId) {
        self.order(Order::AccountReady(id)).await;
        self.inner.board.accounts_changed();
    }

    /// Asks the platform about an account that is kept.
    pub async fn check(&self, id: AccountId) -> Result<Health, Error> {
        let entry = self.inner.accounts.get(id).await?;
        entry.platform.check(&entry.session).await
    }

    /// An account's platform and its one session, for what only a person asks for: signing in, handing out upload tokens.
    pub async fn in_person(
        &self,
        id: AccountId,
    ) -> Result<
        (
            Arc<dyn slipway_platforms::Platform>,
            slipway_platforms::Session,
        ),
        Error,
    > {
        let entry = self.inner.accounts.get(id).await?;
        Ok((entry.platform.clone(), entry.session.clone()))
    }

    /// What a person can do for an account; `None` when its settings cannot be used.
    pub async fn abilities(&self, id: AccountId) -> Option<slipway_platforms::Abilities> {
        let entry = self.inner.accounts.get(id).await.ok()?;
        Some(entry.platform.abilities(&entry.session))
    }

    /// The rules for an account that is kept: its platform's, changed by its settings.
    pub async fn rules(&self, id: AccountId) -> Result<Rules, Error> {
        self.inner.accounts.get(id).await.map(Rules)
    }

    /// The limits of an account as it would be, or what is wrong with its settings.
    pub fn limits(&self, account: &Account) -> Result<slipway_model::Limits, Error> {
        self.inner.accounts.limits(account)
    }

    async fn order(&self, order: Order) {
        // Refused only while the engine stops, and then nothing is to be done.
        let _ = self.inner.orders.send(order).await;
    }

    async fn ask(&self, order: impl FnOnce(oneshot::Sender<u32>) -> Order) -> u32 {
        let (done, answer) = oneshot::channel();
        self.order(order(done)).await;
        answer.await.unwrap_or(0)
    }

    /// Stops sending, keeps everything, lets the data folder go. Within three seconds.
    pub async fn stop(&self) {
        self.inner.stop.cancel();
        let task = self.inner.task.lock().take();
        if let Some(task) = task {
            let _ = task.await;
            if let Err(error) = self.inner.store.close().await {
                tracing::warn!(%error, "the queue was not closed cleanly");
            }
        }
        self.inner.lock.lock().take();
    }
}

async fn line_of(store: &Store) -> Result<Line, StoreError> {
    let json = store.setting(LINE).await?;
    let read = json.and_then(|json| serde_json::from_str::<Line>(&json).ok());
    // What cannot be obeyed was not written here.
    Ok(read.filter(|line| line.check().is_ok()).unwrap_or_default())
}

async fn back_up(store: Store, stop: CancellationToken) {
    loop {
        tokio::select! {
            () = stop.cancelled() => return,
            () = tokio::time::sleep(BACKUP_LOOK) => {
                if let Err(error) = store.backup_if_due(now_ms()).await {
                    tracing::warn!(%error, "the queue was not backed up");
                }
            }
        }
    }
}
