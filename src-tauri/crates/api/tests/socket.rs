//! The way in over the local socket: what it answers, and what it does not take.
#![allow(clippy::unwrap_used, reason = "a test may end here")]
#![cfg(unix)]

use serde_json::{Value, json};
use slipway_api::{
    Api, Options,
    client::Client,
    socket::{Remote, Server},
    wire::{AppOpen, AppOpened, Empty, Limit},
};
use std::path::Path;
use tokio::{
    io::{AsyncBufReadExt, AsyncWriteExt, BufReader},
    net::UnixStream,
};

struct House {
    dir: tempfile::TempDir,
    api: Api,
    server: Server,
}

impl House {
    async fn new() -> Self {
        let dir = tempfile::tempdir().unwrap();
        let options = Options {
            data_dir: dir.path().to_owned(),
            ..Options::default()
        };
        let api = Api::open(options).await.unwrap();
        let server = Server::start(api.clone(), dir.path()).await.unwrap();
        Self { dir, api, server }
    }

    async fn close(self) {
        self.server.close().await;
        self.api.close().await;
    }
}

/// A program that speaks for itself.
struct Raw(BufReader<UnixStream>);

impl Raw {
    async fn connect(dir: &Path) -> Self {
        let stream = UnixStream::connect(dir.join("slipway.sock")).await.unwrap();
        let mut raw = Self(BufReader::new(stream));
        let greeting = raw.hear().await.unwrap();
        assert_eq!(greeting["protocol"], 1);
        raw
    }
    async fn say(&mut self, line: &str) -> Option<Value> {
        self.0.write_all(line.as_bytes()).await.unwrap();
        self.0.write_all(b"\n").await.unwrap();
        self.hear().await
    }
    /// `None` when the other end has closed.
    async fn hear(&mut self) -> Option<Value> {
        let mut line = String::new();
        let read = self.0.read_line(&mut line).await.unwrap_or(0);
        (read > 0).then(|| serde_json::from_str(&line).unwrap())
    }
}

#[tokio::test]
async fn a_client_there_is_answered_as_one_here() {
    let house = House::new().await;
    let remote = Remote::find(house.dir.path()).await.unwrap().unwrap();
    let (here, there) = (Client::Here(house.api.clone()), Client::There(remote));
    let limit = Limit {
        bytes_per_second: Some(5_000_000),
    };
    there.limit_set(limit).await.unwrap();
    let summary = here.queue_summary(Empty {}).await.unwrap();
    assert_eq!(summary.speed.limit_bytes_per_second, Some(5_000_000));
    assert_eq!(there.queue_summary(Empty {}).await.unwrap(), summary);
    let low = Limit {
        bytes_per_second: Some(1),
    };
    let refused = there.limit_set(low).await.unwrap_err();
    assert_eq!(
        refused,
        here.limit_set(low).await.unwrap_err(),
        "a failure travels whole"
    );
    house.close().await;
}

#[tokio::test]
async fn requests_on_one_line_are_answered_in_order() {
    let house = House::new().await;
    let mut raw = Raw::connect(house.dir.path()).await;
    let answer = raw
        .say(r#"{"id":7,"command":"accounts","request":{}}"#)
        .await;
    assert_eq!(answer, Some(json!({ "id": 7, "ok": [] })));
    let answer = raw.say(r#"{"id":8,"command":"files_offered"}"#).await;
    assert_eq!(
        answer,
        Some(json!({ "id": 8, "ok": [] })),
        "an empty request may be left out"
    );
    house.close().await;
}

#[tokio::test]
async fn what_is_not_understood_is_refused_by_its_code() {
    let house = House::new().await;
    for (line, code) in [
        (
            r#"{"id":1,"command":"dance","request":{}}"#,
            "command_unknown",
        ),
        (
            r#"{"id":1,"command":"upload_detail","request":"x"}"#,
            "request_malformed",
        ),
        ("{", "request_malformed"),
        ("GET / HTTP/1.1", "request_malformed"),
    ] {
        let mut raw = Raw::connect(house.dir.path()).await;
        let answer = raw.say(line).await.unwrap();
        assert_eq!(answer["err"]["code"], code, "{line}: {answer}");
    }
    house.close().await;
}

#[tokio::test]
async fn a_request_that_is_not_understood_is_not_quoted() {
    let house = House::new().await;
    let mut raw = Raw::connect(house.dir.path()).await;
    let line = r#"{"id":1,"command":"account_add","request":{"secrets":{"app_secret":"hush"},"platform":5}}"#;
    let answer = raw.say(line).await.unwrap();
    assert_eq!(answer["err"]["code"], "request_malformed");
    assert!(!answer.to_string().contains("hush"));
    house.close().await;
}

#[tokio::test]
async fn a_frame_without_end_is_cut_off_and_others_are_served() {
    let house = House::new().await;
    let mut raw = Raw::connect(house.dir.path()).await;
    let block = vec![b'x'; 1 << 20];
    // The other end stops reading at its bound; what is written after that fails or is left unread.
    for _ in 0..17 {
        if raw.0.write_all(&block).await.is_err() {
            break;
        }
    }
    let answer = raw.hear().await;
    assert!(
        answer.is_none_or(|answer| answer["err"]["code"] == "request_too_large"),
        "it is not taken for a request"
    );
    let mut other = Raw::connect(house.dir.path()).await;
    assert!(
        other
            .say(r#"{"id":1,"command":"accounts"}"#)
            .await
            .is_some()
    );
    house.close().await;
}

#[tokio::test]
async fn followers_hear_the_end_and_nobody_is_found_after_it() {
    let house = House::new().await;
    let dir = house.dir.path().to_owned();
    let remote = Remote::find(&dir).await.unwrap().unwrap();
    let mut followed = remote.follow().await.unwrap();
    let House {
        dir: kept,
        api,
        server,
    } = house;
    server.close().await;
    api.close().await;
    assert_eq!(followed.next().await, None);
    assert!(Remote::find(&dir).await.unwrap().is_none());
    let refused = remote
        .call::<Value>("accounts", &Empty {})
        .await
        .unwrap_err();
    assert_eq!(refused.code, "engine_stopped");
    drop(kept);
}

#[tokio::test]
async fn a_file_of_the_sockets_name_is_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(dir.path().join("slipway.sock"), "mine").unwrap();
    let options = Options {
        data_dir: dir.path().to_owned(),
        ..Options::default()
    };
    let api = Api::open(options).await.unwrap();
    let server = Server::start(api.clone(), dir.path()).await.unwrap();
    assert!(
        Remote::find(dir.path()).await.unwrap().is_some(),
        "it is reached elsewhere"
    );
    server.close().await;
    api.close().await;
    let kept = std::fs::read_to_string(dir.path().join("slipway.sock")).unwrap();
    assert_eq!(kept, "mine");
}

#[tokio::test]
async fn another_start_is_taken_over_by_an_app_that_listens_and_by_nothing_else() {
    let house = House::new().await;
    let remote = Remote::find(house.dir.path()).await.unwrap().unwrap();
    let open = AppOpen {
        files: vec!["file:///films/a.mp4".into()],
        hidden: false,
        displays: vec![":1".into()],
    };
    let hand_over = || remote.call::<AppOpened>("app_open", &open);
    assert_eq!(hand_over().await.unwrap_err().code, "app_not_here");

    let mut starts = house.api.other_starts();
    let app = async {
        let other = starts.recv().await.unwrap();
        let displays = vec![":0".into()];
        other.taken.send(AppOpened { displays }).unwrap();
        other.open
    };
    let (taken, heard) = tokio::join!(hand_over(), app);
    assert_eq!(
        (taken.unwrap().displays, heard),
        (vec![":0".to_owned()], open.clone())
    );

    // It ends before it has looked at the next one.
    let ends = async { drop(starts.recv().await) };
    let (not_taken, ()) = tokio::join!(hand_over(), ends);
    assert_eq!(not_taken.unwrap_err().code, "stopping");
    drop(starts);
    assert_eq!(hand_over().await.unwrap_err().code, "stopping");
    house.close().await;
}
