//! Linux: logind over the system's bus, the desktop's portal where there is none, and the clocks, which show a sleep that nobody told of.

mod clocks;
mod logind;
mod portal;

use crate::Keeper;
use clocks::Sleeps;
use futures_util::StreamExt as _;
use slipway_model::finish::Finish;
use std::time::Duration;
use tokio::time::{Instant, timeout};
use zbus::{Connection, MessageStream, connection, zvariant::OwnedFd};

/// What does not answer in this time is taken for absent.
const PATIENCE: Duration = Duration::from_secs(2);
/// A bus that is not there is called again after this.
const CALL_AGAIN: Duration = Duration::from_secs(5);
/// How often the clocks are compared.
const LOOK: Duration = Duration::from_secs(5);

/// Keeps the machine awake for as long as it lives.
#[derive(Debug)]
pub struct Awake {
    pub by: Keeper,
    _hold: Hold,
}

#[derive(Debug)]
enum Hold {
    /// Closing it ends the hold.
    Logind { _fd: OwnedFd },
    /// Ends with the line it was asked on.
    Portal { _line: Connection },
}

/// Who is asked. Nothing is called before it is needed.
#[derive(Debug, Default)]
pub struct System {
    /// Of the system's bus, in place of the usual one.
    address: Option<String>,
    line: Option<Connection>,
    failed_at: Option<Instant>,
    told: Option<MessageStream>,
    sleeps: Sleeps,
}

impl System {
    /// With a system's bus at another address.
    pub fn at(address: &str) -> Self {
        Self {
            address: Some(address.to_owned()),
            ..Self::default()
        }
    }

    async fn line(&mut self) -> Option<Connection> {
        if self.line.is_none() && self.failed_at.is_none_or(|at| at.elapsed() >= CALL_AGAIN) {
            let call = async {
                match &self.address {
                    Some(address) => {
                        connection::Builder::address(address.as_str())?
                            .build()
                            .await
                    }
                    None => Connection::system().await,
                }
            };
            self.line = asked(call).await;
            self.failed_at = self.line.is_none().then(Instant::now);
        }
        self.line.clone()
    }

    /// A dead line is called again at the next need.
    fn answered<T>(&mut self, answer: Option<T>) -> Option<T> {
        if answer.is_none() {
            (self.line, self.told) = (None, None);
        }
        answer
    }

    /// No sleep by itself from now on; by a person's word it sleeps all the same.
    pub async fn stay_awake(&mut self, why: &str) -> Option<Awake> {
        if let Some(line) = self.line().await {
            let answer = asked(logind::inhibit(&line, why)).await;
            if let Some(fd) = self.answered(answer) {
                return Some(Awake {
                    by: Keeper::Logind,
                    _hold: Hold::Logind { _fd: fd },
                });
            }
        }
        let line = asked(portal::inhibit(why)).await?;
        Some(Awake {
            by: Keeper::Portal,
            _hold: Hold::Portal { _line: line },
        })
    }

    /// What can be done without anybody being asked.
    pub async fn offered(&mut self) -> Vec<Finish> {
        let Some(line) = self.line().await else {
            return Vec::new();
        };
        let mut offered = Vec::new();
        for how in [Finish::Sleep, Finish::Hibernate, Finish::ShutDown] {
            if asked(logind::can(&line, how)).await == Some(true) {
                offered.push(how);
            }
        }
        offered
    }

    /// # Errors
    /// In the system's words.
    pub async fn finish(&mut self, how: Finish) -> Result<(), String> {
        let line = self.line().await.ok_or("no system bus")?;
        logind::finish(&line, how)
            .await
            .map_err(|error| error.to_string())
    }

    /// Until the machine has slept and is awake again. May be dropped while waiting.
    pub async fn woke(&mut self) {
        loop {
            if self.told.is_none()
                && let Some(line) = self.line().await
            {
                self.told = asked(logind::sleeps(&line)).await;
            }
            let signal = async {
                match &mut self.told {
                    Some(told) => told.next().await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                said = signal => match said {
                    Some(Ok(message)) => {
                        // It is told before a sleep and after it.
                        if message.body().deserialize::<bool>().is_ok_and(|begins| !begins) {
                            self.sleeps.look();
                            return;
                        }
                    }
                    _ => (self.line, self.told) = (None, None), // the bus has gone
                },
                () = tokio::time::sleep(LOOK) => {}
            }
            if self.sleeps.look() {
                return;
            }
        }
    }
}

/// The answer, when there is one in time.
async fn asked<T>(question: impl Future<Output = zbus::Result<T>>) -> Option<T> {
    match timeout(PATIENCE, question).await {
        Ok(Ok(answer)) => Some(answer),
        Ok(Err(error)) => {
            tracing::debug!(%error, "no answer about the machine's power");
            None
        }
        Err(_) => None,
    }
}
