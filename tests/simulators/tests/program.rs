//! The program, driven from outside with tools that are not ours.
#![cfg(unix)]
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

use serde_json::Value;
use sha2::{Digest, Sha256};

/// Starts the program and reads its one line.
fn start(arguments: &[&str]) -> (Child, Value) {
    let mut program = Command::new(env!("CARGO_BIN_EXE_slipway-simulators"))
        .args(arguments)
        .arg("--until-stdin-closes")
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut line = String::new();
    BufReader::new(program.stdout.take().unwrap())
        .read_line(&mut line)
        .unwrap();
    (program, serde_json::from_str(&line).unwrap())
}

/// Closes its input, which has to be enough.
fn end(mut program: Child) {
    drop(program.stdin.take());
    assert!(program.wait().unwrap().success());
}

fn get(url: &str, path: &str) -> Value {
    let address = url.strip_prefix("http://").unwrap();
    let mut stream = TcpStream::connect(address).unwrap();
    write!(
        stream,
        "GET {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n"
    )
    .unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    serde_json::from_str(answer.split_once("\r\n\r\n").unwrap().1).unwrap()
}

#[test]
fn curl_and_openssl_publish_what_they_were_given() {
    let folder = tempfile::tempdir().unwrap();
    let (file, cover) = (folder.path().join("clip"), folder.path().join("cover.png"));
    let source: Vec<u8> = (0..2_500_000_u32)
        .map(|n| (n.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    std::fs::write(&file, &source).unwrap();
    image::DynamicImage::new_rgb8(960, 600)
        .save(&cover)
        .unwrap();
    let (program, told) = start(&[
        "bilibili",
        "--data",
        folder.path().join("data").to_str().unwrap(),
    ]);
    let url = told["url"].as_str().unwrap();
    let script = Command::new("sh")
        .arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/by-curl.sh"))
        .args([
            url,
            told["client_id"].as_str().unwrap(),
            told["app_secret"].as_str().unwrap(),
            told["access_token"].as_str().unwrap(),
        ])
        .args([&file, &cover])
        .output()
        .unwrap();
    assert!(
        script.status.success(),
        "{}",
        String::from_utf8_lossy(&script.stderr)
    );
    let published = String::from_utf8(script.stdout).unwrap();
    let seen = get(url, "/__sim/inspect");
    let manuscript = &seen["manuscripts"][0];
    assert_eq!(manuscript["resource_id"], published.trim());
    assert_eq!(
        manuscript["file"]["sha256"],
        hex::encode(Sha256::digest(&source))
    );
    assert_eq!(manuscript["fields"]["title"], "由 curl 发布");
    assert_eq!(
        manuscript["cover"]["sha256"],
        hex::encode(Sha256::digest(std::fs::read(cover).unwrap()))
    );
    assert_eq!(seen["secrets_at_upload_host"], 0);
    end(program);
}

#[test]
fn all_of_them_start_and_end_together() {
    let (program, told) = start(&["all", "--discard", "--profile", "sloppy"]);
    let url = told["bilibili"]["url"].as_str().unwrap();
    assert_eq!(get(url, "/__sim/profile")["fields_missing"], true);
    for other in ["aliyun-vod", "bluesky", "sink", "wangsu"] {
        assert!(told[other]["url"].is_string(), "{other}");
    }
    let url = told["api-video"]["url"].as_str().unwrap();
    assert_eq!(get(url, "/__sim/profile")["rate_limits"], false);
    end(program);
}

#[test]
fn it_says_what_it_knows_and_what_it_guesses() {
    let output = Command::new(env!("CARGO_BIN_EXE_slipway-simulators"))
        .args(["bilibili", "--about"])
        .output()
        .unwrap();
    let about: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert!(!about["official"].as_array().unwrap().is_empty());
    assert_eq!(about["switches"][0]["switch"], "generation_1");
}
