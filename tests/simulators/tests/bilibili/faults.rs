use std::time::Duration;

use slipway_simulators::bilibili::{Call, Fault, Inspection, Review, Rule, Simulator};
use tokio::time::timeout;

use crate::client::{Answer, Client, KIB, Request, fields, noise, part, sha256};

const PART: usize = 768 * KIB;
/// Longer than every fault that ends by itself, shorter than those that do not.
const PATIENCE: Duration = Duration::from_secs(3);

/// A client that does what the documents and good sense ask for, and no more: it repeats what may be repeated, looks before it
/// submits again, and starts over when the platform has lost what it sent.
struct Careful<'a> {
    client: Client,
    simulator: &'a Simulator,
    refresh_token: String,
}

/// Told by code: `None` is a line that broke or an answer that was none.
type Told = Option<(i64, Answer)>;

impl Careful<'_> {
    async fn ask(&mut self, make: impl Fn(&Client) -> Request) -> Told {
        let mut signed_in_again = false;
        loop {
            let sent = timeout(PATIENCE, make(&self.client).send(self.client.address)).await;
            let answer = sent.ok()?.ok()?;
            if answer.status != 200
                || serde_json::from_slice::<serde_json::Value>(&answer.body).is_err()
            {
                return None;
            }
            match answer.code_of() {
                4003 => {} // the next one may find the clock mended
                127_009 | 127_306 => self.simulator.clock().advance(Duration::from_mins(1)),
                127_001 if !signed_in_again => {
                    signed_in_again = true;
                    self.refresh().await;
                }
                code => return Some((code, answer)),
            }
        }
    }

    async fn refresh(&mut self) {
        let of = &self.client.of;
        let path = format!(
            "/x/account-oauth2/v1/refresh_token?client_id={}&client_secret={}&grant_type=refresh_token&refresh_token={}",
            of.client_id, of.app_secret, self.refresh_token
        );
        if let Ok(answer) = Request::new("POST", path).send(self.client.address).await
            && answer.code_of() == 0
        {
            let data = answer.json()["data"].clone();
            self.client.of.access_token = data["access_token"].as_str().unwrap().into();
            self.refresh_token = data["refresh_token"].as_str().unwrap().into();
        }
    }

    /// Repeats a call that may be repeated until it has an answer that counts.
    async fn insist(&mut self, make: impl Fn(&Client) -> Request) -> (i64, Answer) {
        for _ in 0..8 {
            match self.ask(&make).await {
                None | Some((-500, _)) => {}
                Some(told) => return told,
            }
        }
        panic!("no answer in eight tries");
    }

    async fn upload(&mut self, source: &[u8]) -> Result<String, i64> {
        'afresh: loop {
            let name = r#"{"name":"clip.mp4","utype":"0"}"#;
            let (code, answer) = self
                .insist(|c| c.signed("POST", "archive/video/init", name))
                .await;
            assert_eq!(code, 0);
            let token = answer.json()["data"]["upload_token"]
                .as_str()
                .unwrap()
                .to_owned();
            for (number, bytes) in (1..).zip(source.chunks(PART)) {
                let right = format!(
                    "\"{}\"",
                    hex::encode(<md5::Md5 as md5::Digest>::digest(bytes))
                );
                loop {
                    let (code, answer) = self.insist(|_| part(&token, number, bytes)).await;
                    match code {
                        127_022 => continue 'afresh,
                        0 if answer.json()["data"]["etag"]
                            .as_str()
                            .is_none_or(|etag| etag == right) =>
                        {
                            break;
                        }
                        0 => {} // it holds something else: once more
                        code => panic!("part: {code}"),
                    }
                }
            }
            let path = format!("archive/video/complete?upload_token={token}");
            match self.insist(|c| c.signed("POST", &path, "")).await.0 {
                0 => return Ok(token),
                123_008 | 127_022 => {} // a part it acknowledged is not there
                code => return Err(code),
            }
        }
    }

    async fn publish(&mut self, title: &str, source: &[u8]) -> Result<String, i64> {
        let token = self.upload(source).await?;
        let path = format!("archive/add-by-utoken?upload_token={token}");
        let body = fields(title).to_string();
        for _ in 0..4 {
            match self.ask(|c| c.signed("POST", &path, body.clone())).await {
                Some((0, answer)) => {
                    return Ok(answer.json()["data"]["resource_id"]
                        .as_str()
                        .unwrap()
                        .into());
                }
                Some((123_026 | 123_028, _)) => {
                    self.simulator.clock().advance(Duration::from_secs(30));
                }
                Some((code, _)) => return Err(code),
                None => {
                    if let Some(id) = self.find(title).await {
                        return Ok(id);
                    }
                }
            }
        }
        panic!("never submitted");
    }

    /// Looks for a manuscript of this title, as long as one might lag behind.
    async fn find(&mut self, title: &str) -> Option<String> {
        for _ in 0..3 {
            let (_, answer) = self
                .insist(|c| c.signed("GET", "archive/viewlist?status=all", ""))
                .await;
            let list = answer.json()["data"]["list"].clone();
            if let Some(found) = list
                .as_array()
                .unwrap()
                .iter()
                .find(|m| m["title"] == title)
            {
                return Some(found["resource_id"].as_str().unwrap().to_owned());
            }
            self.simulator.clock().advance(Duration::from_secs(20));
        }
        None
    }
}

async fn struck_by(rule: impl Into<Rule>) -> (Result<String, i64>, Inspection, Vec<u8>) {
    let simulator = Simulator::builder()
        .review(Review::immediate())
        .fault(rule)
        .start()
        .await;
    let source = noise(3 * PART - 100 * KIB, 5);
    let mut careful = Careful {
        client: Client::of(&simulator),
        simulator: &simulator,
        refresh_token: simulator.refresh_token().into(),
    };
    let published = careful.publish("a day", &source).await;
    if let Ok(id) = &published {
        let path = format!("archive/view?resource_id={id}");
        careful.insist(|c| c.signed("GET", &path, "")).await;
    }
    (published, simulator.inspect().await, source)
}

/// The whole table, each on a platform of its own, all at once.
#[tokio::test(flavor = "multi_thread")]
async fn a_careful_client_survives_every_fault_that_needs_no_person() {
    let mut runs = tokio::task::JoinSet::new();
    for (name, rule) in Fault::catalogue() {
        runs.spawn(async move { (name, rule.clone(), struck_by(rule).await) });
    }
    while let Some(run) = runs.join_next().await {
        let (name, rule, (published, seen, source)) = run.unwrap();
        // A careful client never refreshes in time here, and webhooks are tested where they are received.
        let idle = matches!(
            rule.call,
            Call::Refresh | Call::Webhook | Call::Cover | Call::ViewList
        );
        assert!(
            idle || seen.faults[0].struck > 0,
            "{name}: it struck nobody"
        );
        if rule.fault.needs_a_person() && rule.call != Call::View {
            assert!(published.is_err(), "{name}: got past it alone");
            assert_eq!(seen.manuscripts.len(), 0, "{name}");
            continue;
        }
        assert!(published.is_ok(), "{name}: {published:?}");
        assert_eq!(seen.manuscripts.len(), 1, "{name}: published once");
        let file = seen.manuscripts[0].file.clone().unwrap();
        assert_eq!(
            file.sha256,
            sha256(&source),
            "{name}: what was sent is what is there"
        );
        assert_eq!(
            (seen.nonce_reuses, seen.secrets_at_upload_host),
            (0, 0),
            "{name}"
        );
    }
}

#[tokio::test]
async fn a_part_whose_answer_is_lost_is_there_all_the_same() {
    let simulator = Simulator::builder()
        .fault(Fault::AnswerLost { reset: false }.on(Call::Part).part(2))
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    assert_eq!(client.send_part(&token, 1, b"one").await.code(), 0);
    let lost = part(&token, 2, b"two").send(simulator.address()).await;
    assert!(lost.is_err());
    assert_eq!(client.complete(&token).await.code(), 0);
    assert_eq!(simulator.glance().uploads[0].held_bytes, 6);
}

#[tokio::test]
async fn a_part_acknowledged_but_not_stored_is_missing_at_the_merge() {
    let simulator = Simulator::builder()
        .fault(Fault::NotStored.on(Call::Part).part(1))
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    for number in [1, 2] {
        assert_eq!(client.send_part(&token, number, b"x").await.code(), 0);
    }
    assert_eq!(client.complete(&token).await.code(), 123_008);
}

#[tokio::test]
async fn a_fault_that_refuses_has_no_effect_and_one_that_is_applied_has() {
    for (applied, manuscripts) in [(false, 0), (true, 1)] {
        for fault in [
            Fault::HttpStatus {
                status: 504,
                retry_after_s: Some(7),
                applied,
            },
            Fault::EmptyBody { applied },
            Fault::TruncatedJson { applied },
            Fault::CutAnswer { applied },
            Fault::Business {
                code: -500,
                applied,
            },
        ] {
            let simulator = Simulator::builder()
                .fault(fault.clone().on(Call::Add))
                .start()
                .await;
            let client = Client::of(&simulator);
            let token = client.uploaded().await;
            let path = format!("archive/add-by-utoken?upload_token={token}");
            let sent = client
                .signed("POST", &path, fields("t").to_string())
                .send(simulator.address())
                .await;
            let right = match (&fault, &sent) {
                (Fault::HttpStatus { .. }, Ok(a)) => {
                    a.status == 504 && a.header("retry-after") == Some("7")
                }
                (Fault::EmptyBody { .. }, Ok(a)) => a.status == 200 && a.body.is_empty(),
                (Fault::TruncatedJson { .. }, Ok(a)) => {
                    a.status == 200
                        && !a.body.is_empty()
                        && serde_json::from_slice::<serde_json::Value>(&a.body).is_err()
                }
                (Fault::CutAnswer { .. }, Err(_)) => true,
                (Fault::Business { .. }, Ok(a)) => a.code() == -500,
                _ => false,
            };
            assert!(right, "{fault:?}: {sent:?}");
            assert_eq!(
                simulator.glance().manuscripts.len(),
                manuscripts,
                "{fault:?}"
            );
        }
    }
}

#[tokio::test]
async fn a_cap_on_the_body_holds() {
    let rate = 512 * KIB as u64;
    let simulator = Simulator::builder()
        .fault(Fault::Bandwidth {
            bytes_per_second: rate,
        })
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    let began = std::time::Instant::now();
    assert_eq!(
        client
            .send_part(&token, 1, &noise(256 * KIB, 4))
            .await
            .code(),
        0
    );
    assert!(
        began.elapsed() >= Duration::from_millis(490),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_full_disk_is_http_507_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let simulator = Simulator::builder()
        .data(folder.path())
        .fault(Fault::DiskFull { after_bytes: 10 })
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.init("0").await;
    assert_eq!(
        client.send_part(&token, 1, &noise(KIB, 4)).await.status,
        507
    );
    assert_eq!(simulator.glance().uploads[0].held_bytes, 0);
    assert_eq!(client.send_part(&token, 1, &noise(KIB, 4)).await.code(), 0);
    assert_eq!(client.complete(&token).await.code(), 0);
}

#[tokio::test]
async fn the_list_lags_behind_as_long_as_it_is_told_to() {
    let simulator = Simulator::builder()
        .fault(Fault::Lag { ms: 60_000 })
        .start()
        .await;
    let client = Client::of(&simulator);
    let id = client.published("late").await;
    let path = format!("archive/view?resource_id={id}");
    assert_eq!(client.get(&path).await.code(), 123_004);
    assert_eq!(
        client.get("archive/viewlist").await.json()["data"]["page"]["total"],
        0
    );
    simulator.clock().advance(Duration::from_mins(1));
    assert_eq!(client.get(&path).await.code(), 0);
    assert_eq!(
        client.get("archive/viewlist").await.json()["data"]["page"]["total"],
        1
    );
}

#[tokio::test]
async fn a_withdrawn_category_is_gone_from_the_list_too() {
    let simulator = Simulator::builder()
        .fault(Fault::CategoryWithdrawn)
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    assert_eq!(client.add(&token, &fields("t")).await.code(), 123_009);
    let tree = client.get("archive/type/list").await.json();
    assert!(!tree.to_string().contains("\"id\":21,"));
}

#[tokio::test]
async fn a_puzzle_stays_until_it_is_cleared() {
    let captcha = Fault::Business {
        code: 123_050,
        applied: false,
    };
    let simulator = Simulator::builder()
        .fault(captcha.on(Call::Add).always())
        .start()
        .await;
    let client = Client::of(&simulator);
    let token = client.uploaded().await;
    for _ in 0..3 {
        assert_eq!(client.add(&token, &fields("t")).await.code(), 123_050);
    }
    simulator.clear_faults();
    assert_eq!(client.add(&token, &fields("t")).await.code(), 0);
}
