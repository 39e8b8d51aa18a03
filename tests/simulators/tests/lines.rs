//! The line and the sink, which are of no platform.
#![expect(
    clippy::unwrap_used,
    reason = "a test ends where something is not as it should be"
)]

use std::time::{Duration, Instant};

use slipway_simulators::{Line, Sink};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

const KIB: usize = 1024;

async fn post(to: std::net::SocketAddr, bytes: usize) -> std::io::Result<String> {
    let mut stream = TcpStream::connect(to).await?;
    let head = format!(
        "POST / HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {bytes}\r\n\r\n"
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(&vec![7; bytes]).await?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await?;
    Ok(answer)
}

async fn sink_and_line(
    build: impl FnOnce(slipway_simulators::LineBuilder) -> slipway_simulators::LineBuilder,
) -> (Sink, Line) {
    let sink = Sink::start(0).await.unwrap();
    let far = sink.url().strip_prefix("http://").unwrap().parse().unwrap();
    let line = build(Line::to(far)).start().await.unwrap();
    (sink, line)
}

#[tokio::test]
async fn the_sink_takes_and_counts_everything() {
    let (sink, line) = sink_and_line(|line| line).await;
    let answer = post(line.address(), 3000 * KIB).await.unwrap();
    assert!(answer.starts_with("HTTP/1.1 200"));
    assert_eq!(sink.received().total, 3000 * KIB as u64);
    assert!(
        line.traffic().up.total > 3000 * KIB as u64,
        "the head counts too"
    );
}

#[tokio::test]
async fn a_cap_is_shared_by_all_connections() {
    let (_sink, line) = sink_and_line(|line| line.up(800 * KIB as u64)).await;
    let began = Instant::now();
    let (one, two) = tokio::join!(
        post(line.address(), 200 * KIB),
        post(line.address(), 200 * KIB)
    );
    assert!(one.unwrap().contains("200 OK") && two.unwrap().contains("200 OK"));
    let took = began.elapsed();
    assert!(
        took >= Duration::from_millis(495),
        "half a second's worth took {took:?}"
    );
}

#[tokio::test]
async fn a_delay_holds_both_ways() {
    let (_sink, line) = sink_and_line(|line| line.delay(Duration::from_millis(60))).await;
    let began = Instant::now();
    post(line.address(), 10).await.unwrap();
    assert!(
        began.elapsed() >= Duration::from_millis(120),
        "{:?}",
        began.elapsed()
    );
}

#[tokio::test]
async fn a_reset_strikes_once_and_is_a_reset() {
    let (_sink, line) = sink_and_line(|line| line.reset_after(100 * KIB as u64)).await;
    assert!(post(line.address(), 4000 * KIB).await.is_err());
    assert!(post(line.address(), 4000 * KIB).await.is_ok());
    assert_eq!(line.traffic().connections, 2);
}

#[tokio::test]
async fn a_stalled_connection_is_silent_and_the_next_is_not() {
    let (sink, line) = sink_and_line(|line| line.stall_after(100 * KIB as u64)).await;
    let stalled = tokio::spawn(post(line.address(), 200 * KIB));
    line.carried_up(100 * KIB as u64).await;
    assert!(post(line.address(), 10 * KIB).await.is_ok());
    assert!(!stalled.is_finished());
    assert!(sink.received().total < 210 * KIB as u64);
    stalled.abort();
}

#[tokio::test]
async fn a_cut_resets_everything_until_it_is_mended() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let line = Line::to(silent.local_addr().unwrap())
        .start()
        .await
        .unwrap();
    let mut open = TcpStream::connect(line.address()).await.unwrap();
    open.write_all(b"x").await.unwrap();
    line.carried_up(1).await;
    line.cut();
    assert!(open.read_u8().await.is_err());
    let mut fresh = TcpStream::connect(line.address()).await.unwrap();
    assert!(fresh.read_u8().await.is_err());
    line.restore();
    let mut fresh = TcpStream::connect(line.address()).await.unwrap();
    fresh.write_all(b"x").await.unwrap();
    line.carried_up(2).await;
}

#[tokio::test]
async fn a_frozen_line_moves_again_where_it_stood() {
    let (sink, line) = sink_and_line(|line| line).await;
    line.freeze();
    let posting = tokio::spawn(post(line.address(), 50 * KIB));
    tokio::task::yield_now().await;
    assert_eq!(sink.received().total, 0);
    line.restore();
    assert!(posting.await.unwrap().is_ok());
    assert_eq!(sink.received().total, 50 * KIB as u64);
}
