//! What somebody who talks over the line would notice: small packets at the pace of a call, sent there and back.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::Result;
use serde_json::json;
use tokio::net::UdpSocket;
use tokio::time::timeout;

/// Opus at 64 kbit/s in packets of 20 ms (RFC 7587, section 3).
const EVERY: Duration = Duration::from_millis(20);
const BYTES: usize = 160;
/// What comes later is lost to a call.
const LATE: Duration = Duration::from_secs(1);

/// Sends back whatever comes, for ever.
pub(crate) async fn answer(socket: UdpSocket) -> Result<()> {
    let mut buffer = [0; 2048];
    loop {
        let (length, from) = socket.recv_from(&mut buffer).await?;
        socket.send_to(&buffer[..length], from).await?;
    }
}

/// Talks for some seconds, and prints how long the packets took.
pub(crate) async fn run(to: SocketAddr, seconds: u64) -> Result<()> {
    let socket = UdpSocket::bind("0.0.0.0:0").await?;
    socket.connect(to).await?;
    let begun = Instant::now();
    let end = begun + Duration::from_secs(seconds);
    let talk = async {
        let mut pace = tokio::time::interval(EVERY);
        let mut sent = 0_u32;
        while Instant::now() < end {
            pace.tick().await;
            let mut packet = [0; BYTES];
            packet[..8].copy_from_slice(&(begun.elapsed().as_micros() as u64).to_be_bytes());
            socket.send(&packet).await?;
            sent += 1;
        }
        anyhow::Ok(sent)
    };
    let listen = async {
        let mut took = Vec::new();
        let mut packet = [0; 2048];
        while let Some(left) = (end + LATE).checked_duration_since(Instant::now()) {
            let Ok(length) = timeout(left, socket.recv(&mut packet)).await else {
                break;
            };
            if let Some(stamp) = packet[..length?].first_chunk() {
                let sent_at = Duration::from_micros(u64::from_be_bytes(*stamp));
                took.push(begun.elapsed().saturating_sub(sent_at).as_secs_f64() * 1e3);
            }
        }
        anyhow::Ok(took)
    };
    let (sent, took) = tokio::join!(talk, listen);
    let (sent, mut took) = (sent?, took?);
    took.sort_by(f64::total_cmp);
    let share = |percent: usize| took.get(took.len() * percent / 100);
    let lost = sent as usize - took.len();
    println!(
        "{}",
        json!({ "p50_ms": share(50), "p95_ms": share(95), "p99_ms": share(99), "sent": sent, "lost": lost })
    );
    Ok(())
}
