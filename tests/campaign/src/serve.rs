//! The far end of a measurement: a platform and a sink that throw away what they receive.

use std::time::Duration;

use anyhow::Result;
use serde_json::json;
use slipway_simulators::Sink;
use slipway_simulators::bilibili::{self, Review};

use tokio::net::UdpSocket;

use crate::call;
use crate::slipway::Account;

pub(crate) async fn run() -> Result<()> {
    let simulator = bilibili::simulator()
        .discarding()
        .spacing(Duration::ZERO)
        .review(Review::immediate())
        .start()
        .await;
    let sink = Sink::start(0).await?;
    let socket = UdpSocket::bind("127.0.0.1:0").await?;
    let call = socket.local_addr()?;
    let answers = tokio::spawn(call::answer(socket));
    println!(
        "{}",
        json!({ "account": Account::on(&simulator), "sink": sink.url(), "call": call })
    );
    tokio::task::spawn_blocking(|| std::io::copy(&mut std::io::stdin(), &mut std::io::sink()))
        .await??;
    answers.abort();
    simulator.stop().await;
    sink.stop().await;
    Ok(())
}
