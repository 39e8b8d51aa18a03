//! Through a proxy, and past it never: calls, parts, sign-ins and looks.
#![allow(
    clippy::print_stdout,
    reason = "the figures, for those who ask to see them"
)]

use crate::{
    bilibili::{fields, start},
    house::{House, MIB, eventually, map, sha256, video_bytes},
    secrets::{assert_in_no_file, assert_in_none_below},
};
use slipway_api::wire::{AccountChange, Empty, Limit, ProxyChange, Secret, UploadRow};
use slipway_model::{
    AccountId, PhaseName, UploadId, Wait,
    proxy::{Proxy as Setting, Way},
};
use slipway_simulators::{Manner, Proxy, bilibili::Simulator};
use std::{
    collections::BTreeMap,
    fs,
    net::SocketAddr,
    path::Path,
    sync::{
        Arc,
        atomic::{AtomicU32, Ordering::SeqCst},
    },
    time::Instant,
};
use tokio::net::TcpListener;

const USER: &str = "us er";
const PASSWORD: &str = "w0rd:with@signs/%41";
/// As it is in an address.
const ENCODED: &str = "w0rd%3Awith%40signs%2F%2541";

/// Where the platform is said to be. Whoever knocks came past the proxy.
struct Door {
    address: SocketAddr,
    knocks: Arc<AtomicU32>,
}

impl Door {
    async fn new() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let knocks = Arc::new(AtomicU32::new(0));
        let counted = knocks.clone();
        tokio::spawn(async move {
            while listener.accept().await.is_ok() {
                counted.fetch_add(1, SeqCst);
            }
        });
        Self { address, knocks }
    }

    fn knocks(&self) -> u32 {
        self.knocks.load(SeqCst)
    }
}

fn setting(way: Way, at: SocketAddr) -> Setting {
    Setting {
        way,
        host: at.ip().to_string(),
        port: Some(at.port()),
        user: USER.to_owned(),
        // On a machine of its own, where loopback is this machine's, nobody leaves this empty.
        except: String::new(),
    }
}

async fn choose(house: &House, way: Way, at: SocketAddr, password: &str) {
    let change = ProxyChange {
        proxy: setting(way, at),
        password: Some(Secret(password.to_owned())),
    };
    house.api.proxy_set(change).await.unwrap();
}

async fn except_nothing(house: &House) {
    let proxy = Setting {
        except: String::new(),
        ..Setting::default()
    };
    let change = ProxyChange {
        proxy,
        password: None,
    };
    house.api.proxy_set(change).await.unwrap();
}

async fn add_account(
    house: &House,
    simulator: &Simulator,
    door: &Door,
    more: BTreeMap<String, String>,
) -> AccountId {
    let url = format!("http://{}", door.address);
    let mut settings = map([
        ("client_id", simulator.client_id()),
        ("endpoint.api", &url),
        ("endpoint.oauth", &url),
        ("endpoint.upload", &url),
        ("part_size", "1048576"),
        ("rate.submit_spacing_s", "0"),
    ]);
    settings.extend(more);
    let mut secrets = vec![
        ("app_secret", simulator.app_secret()),
        ("access_token", simulator.access_token()),
        ("refresh_token", simulator.refresh_token()),
    ];
    // Unless it is part of the address, as people paste it.
    if settings
        .get("proxy")
        .is_some_and(|proxy| !proxy.contains("w0rd"))
    {
        secrets.push(("proxy_password", PASSWORD));
    }
    house.account("bilibili", "main", settings, &secrets).await
}

async fn start_proxy(way: Way, simulator: &Simulator) -> Proxy {
    let (to, user) = (simulator.address(), Some((USER, PASSWORD)));
    match way {
        Way::Socks5 => Proxy::socks5(to, user).await.unwrap(),
        _ => Proxy::http(to, user).await.unwrap(),
    }
}

async fn is_whole(simulator: &Simulator, len: usize) {
    let seen = simulator.inspect().await;
    let [manuscript] = seen.manuscripts.as_slice() else {
        panic!("published once: {:?}", seen.manuscripts)
    };
    let sent = &manuscript.file.as_ref().unwrap().sha256;
    assert_eq!(*sent, sha256(&video_bytes(len, len as u64)));
}

async fn speed(house: &House, bytes_per_second: Option<u64>) {
    house
        .api
        .limit_set(Limit { bytes_per_second })
        .await
        .unwrap();
}

async fn add(house: &House, account: AccountId, len: usize) -> UploadId {
    let film = house.video("sea.mp4", len);
    house.add(&film, account, fields()).await
}

fn code(row: &UploadRow) -> Option<String> {
    match row.live.wait.as_ref()? {
        Wait::Retry { cause, .. } => Some(cause.code.clone()),
        _ => None,
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_whole_upload_takes_the_proxy_and_its_password_lies_in_no_file() {
    for way in [Way::Http, Way::Socks5] {
        let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
        let proxy = start_proxy(way, &simulator).await;
        choose(&house, way, proxy.address(), PASSWORD).await;
        let account = add_account(&house, &simulator, &door, BTreeMap::new()).await;
        let len = 9 * MIB + 123;
        // Lists and checks as well.
        house.api.account_check(account).await.unwrap();
        let id = add(&house, account, len).await;
        house.until_phase(id, PhaseName::Published).await;
        is_whole(&simulator, len).await;
        let seen = proxy.seen();
        let asked = format!("{}:{}", door.address.ip(), door.address.port());
        assert!(
            seen.targets.iter().all(|target| *target == asked),
            "{seen:?}"
        );
        println!(
            "{way:?}: {} connections by the proxy, {} past it, {} bytes in ended ones",
            seen.targets.len(),
            door.knocks(),
            seen.up_bytes
        );
        assert_eq!((door.knocks(), seen.unknown_users), (0, 0));

        let told = house.api.proxy(Empty {}).await.unwrap();
        assert!(told.has_password && told.proxy == setting(way, proxy.address()));
        assert!(!format!("{told:?}").contains(PASSWORD));
        // It is known again after a restart.
        let house = house.restart().await;
        assert_eq!(house.api.proxy(Empty {}).await.unwrap(), told);
        house.api.account_check(account).await.unwrap();
        assert_eq!(proxy.seen().unknown_users, 0);
        let dir = house.api.data_dir().to_owned();
        house.api.close().await;
        assert_in_no_file(&dir, &[PASSWORD, ENCODED]);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_change_while_sending_takes_effect_at_once_and_loses_nothing_that_landed() {
    let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
    let first = start_proxy(Way::Http, &simulator).await;
    choose(&house, Way::Http, first.address(), PASSWORD).await;
    let account = add_account(&house, &simulator, &door, BTreeMap::new()).await;
    speed(&house, Some(3 * MIB as u64)).await;
    let len = 24 * MIB;
    let id = add(&house, account, len).await;
    let moving = house
        .until(id, "some parts", |row| {
            row.live.held_bytes >= 4 * MIB as u64
        })
        .await;
    let second = start_proxy(Way::Socks5, &simulator).await;
    let asked = Instant::now();
    choose(&house, Way::Socks5, second.address(), PASSWORD).await;
    let by_first = first.seen().targets.len();
    eventually("a connection by the new proxy", || {
        !second.seen().targets.is_empty()
    })
    .await;
    println!("the new proxy is asked after {:?}", asked.elapsed());
    speed(&house, None).await;
    let row = house.until_phase(id, PhaseName::Published).await;
    is_whole(&simulator, len).await;
    assert_eq!(first.seen().targets.len(), by_first, "no more by the old");
    assert!(row.live.held_bytes >= moving.live.held_bytes);
    let received = simulator.inspect().await.received.total;
    let again = received - len as u64;
    println!("{again} bytes were sent again");
    // What was in flight and what was not acknowledged yet: three parts of 1 MiB, and those that wait to be written down.
    assert!(again <= 6 * MIB as u64, "{again}");
    assert_eq!(door.knocks(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_upload_waits_for_a_proxy_that_fails_says_so_and_goes_on_when_it_is_mended() {
    let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
    let proxy = start_proxy(Way::Http, &simulator).await;
    choose(&house, Way::Http, proxy.address(), PASSWORD).await;
    let account = add_account(&house, &simulator, &door, BTreeMap::new()).await;
    choose(&house, Way::Http, proxy.address(), "another").await;
    let len = 3 * MIB;
    let id = add(&house, account, len).await;
    let waits = |wanted: &'static str| {
        move |row: &UploadRow| {
            assert_ne!(row.live.phase, PhaseName::Failed, "{row:?}");
            code(row).as_deref() == Some(wanted)
        }
    };
    house
        .until(id, "a refused password", waits("proxy_sign_in"))
        .await;

    let page = "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\n\r\n<!DOCTYPE html><html></html>";
    proxy.behave(Manner::Answer(page));
    choose(&house, Way::Http, proxy.address(), PASSWORD).await;
    house
        .until(id, "a page in the way", waits("proxy_page"))
        .await;

    let nobody = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        listener.local_addr().unwrap()
    };
    choose(&house, Way::Socks5, nobody, PASSWORD).await;
    house
        .until(id, "a proxy that is not there", waits("proxy_unreachable"))
        .await;

    proxy.behave(Manner::LetThrough);
    let asked = Instant::now();
    choose(&house, Way::Http, proxy.address(), PASSWORD).await;
    house.until_phase(id, PhaseName::Published).await;
    println!("published {:?} after it was mended", asked.elapsed());
    is_whole(&simulator, len).await;
    assert_eq!(door.knocks(), 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_account_may_have_a_proxy_of_its_own_and_its_password_is_a_secret() {
    let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
    let own = start_proxy(Way::Socks5, &simulator).await;
    let nothing_excepted = ProxyChange {
        proxy: Setting {
            way: Way::Off,
            except: String::new(),
            ..Setting::default()
        },
        password: None,
    };
    house.api.proxy_set(nothing_excepted).await.unwrap();
    let address = format!("socks5://us%20er:{ENCODED}@{}", own.address());
    let more = map([("proxy", &address)]);
    let account = add_account(&house, &simulator, &door, more).await;
    let len = 3 * MIB;
    let id = add(&house, account, len).await;
    house.until_phase(id, PhaseName::Published).await;
    is_whole(&simulator, len).await;
    assert_eq!((door.knocks(), own.seen().unknown_users), (0, 0));

    let kept = |rows: Vec<slipway_api::wire::AccountRow>| rows[0].account.settings["proxy"].clone();
    let shown = kept(house.api.accounts(Empty {}).await.unwrap());
    let plain = format!("socks5://us%20er@{}", own.address());
    assert_eq!(shown, plain);
    // Another server is not told the password of this one.
    let other = start_proxy(Way::Socks5, &simulator).await;
    let change = |proxy: String| AccountChange {
        account,
        label: None,
        settings: map([("proxy", &proxy)]),
        secrets: BTreeMap::new(),
    };
    let elsewhere = change(format!("socks5://us%20er@{}", other.address()));
    house.api.account_set(elsewhere).await.unwrap();
    let health = house.api.account_check(account).await.unwrap().health;
    assert_eq!(health.cause.unwrap().code, "proxy_sign_in");
    assert_eq!(other.seen().unknown_users, 1);
    let mut back = change(plain);
    let secret = Secret(PASSWORD.to_owned());
    back.secrets.insert("proxy_password".to_owned(), secret);
    house.api.account_set(back).await.unwrap();
    assert_eq!(
        house.api.account_check(account).await.unwrap().health.cause,
        None
    );

    let dir = house.api.data_dir().to_owned();
    house.api.close().await;
    assert_in_no_file(&dir, &[PASSWORD, ENCODED]);
}

/// From now on the queue takes no settings of accounts, as on a disk that is full.
fn refuse_settings(data: &Path) -> rusqlite::Connection {
    let queue = rusqlite::Connection::open(data.join("queue.db")).unwrap();
    let refuse = "CREATE TRIGGER full BEFORE UPDATE OF settings ON accounts
                  BEGIN SELECT RAISE(ABORT, 'the disk is full'); END";
    queue.execute_batch(refuse).unwrap();
    queue
}

#[tokio::test(flavor = "multi_thread")]
async fn a_proxy_that_could_not_be_changed_keeps_its_password_and_is_told_no_other() {
    let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
    let proxy = start_proxy(Way::Http, &simulator).await;
    let other = start_proxy(Way::Http, &simulator).await;
    except_nothing(&house).await;
    let own = format!("http://us%20er@{}", proxy.address());
    let account = add_account(&house, &simulator, &door, map([("proxy", &own)])).await;
    let data = house.api.data_dir().to_owned();
    let change = |password: Option<&str>| AccountChange {
        account,
        label: None,
        settings: map([("proxy", &format!("http://us%20er@{}", other.address()))]),
        secrets: password
            .map(|it| ("proxy_password".to_owned(), Secret(it.to_owned())))
            .into_iter()
            .collect(),
    };
    // The vault cannot be written: its next version has this name.
    let in_the_way = data.join("secrets.new");
    fs::create_dir(&in_the_way).unwrap();
    let not_kept = house.api.account_set(change(Some("an0ther-w0rd"))).await;
    assert_eq!(not_kept.unwrap_err().code, "vault_unusable");
    fs::remove_dir(in_the_way).unwrap();
    let rows = house.api.accounts(Empty {}).await.unwrap();
    assert_eq!(rows[0].account.settings["proxy"], own);

    let queue = refuse_settings(&data);
    for password in [Some("an0ther-w0rd"), None] {
        house.api.account_set(change(password)).await.unwrap_err();
        let health = house.api.account_check(account).await.unwrap().health;
        assert_eq!(health.cause, None, "the way it had still opens");
    }
    let house = house.restart().await;
    let health = house.api.account_check(account).await.unwrap().health;
    assert_eq!(health.cause, None);
    assert_eq!(
        (proxy.seen().unknown_users, other.seen().targets.len()),
        (0, 0)
    );

    queue.execute_batch("DROP TRIGGER full").unwrap();
    drop(queue);
    house.api.account_set(change(Some(PASSWORD))).await.unwrap();
    let health = house.api.account_check(account).await.unwrap().health;
    assert_eq!(health.cause, None);
    assert!(other.seen().unknown_users == 0 && !other.seen().targets.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_is_out_of_the_backups_before_nothing_tells_of_it_any_more() {
    let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
    let own = start_proxy(Way::Http, &simulator).await;
    except_nothing(&house).await;
    let plain = format!("http://us%20er@{}", own.address());
    let account = add_account(&house, &simulator, &door, map([("proxy", &plain)])).await;
    let data = house.api.data_dir().to_owned();
    house.api.close().await;
    let (store, _) = slipway_store::Store::open(&data, 0).await.unwrap();
    let mut settings = store.account(account).await.unwrap().unwrap().settings;
    settings.insert("proxy".to_owned(), plain.replace('@', ":0ld-w0rd@"));
    store.account_set(account, settings).await.unwrap();
    store.backup(1_700_000_000_000).await.unwrap();
    store.close().await.unwrap();
    let queue = refuse_settings(&data);

    // It ends right before the settings are without it.
    crate::house::open(data.clone()).await.unwrap_err();
    assert_in_none_below(&data.join("backups"), &["0ld-w0rd"]);
    queue.execute_batch("DROP TRIGGER full").unwrap();
    drop(queue);
    let api = crate::house::open(data.clone()).await.unwrap();
    api.close().await;
    assert_in_no_file(&data, &["0ld-w0rd"]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_password_that_an_earlier_version_left_in_an_address_is_moved_to_the_secrets() {
    let (house, simulator, door) = (House::new().await, start().await, Door::new().await);
    let own = start_proxy(Way::Http, &simulator).await;
    except_nothing(&house).await;
    let plain = format!("http://us%20er@{}", own.address());
    let more = map([("proxy", &plain)]);
    let account = add_account(&house, &simulator, &door, more).await;
    let data = house.api.data_dir().to_owned();
    house.api.close().await;
    // As an earlier version left it, in the queue and in its backup.
    let old = plain.replace('@', ":0ld-w0rd@");
    let (store, _) = slipway_store::Store::open(&data, 0).await.unwrap();
    let mut settings = store.account(account).await.unwrap().unwrap().settings;
    settings.insert("proxy".to_owned(), old);
    store.account_set(account, settings).await.unwrap();
    store.backup(1_700_000_000_000).await.unwrap();
    store.close().await.unwrap();

    let api = crate::house::open(data.clone()).await.unwrap();
    let house = House { api, ..house };
    let shown = house.api.accounts(Empty {}).await.unwrap();
    assert_eq!(shown[0].account.settings["proxy"], plain);
    let health = house.api.account_check(account).await.unwrap().health;
    assert_eq!(
        health.cause.unwrap().code,
        "proxy_sign_in",
        "the password of the address is what counts"
    );
    house.api.close().await;
    assert_in_no_file(&data, &["0ld-w0rd"]);
}
