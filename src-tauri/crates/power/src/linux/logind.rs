//! logind: holds against sleep, sleeps and ends of the machine.
//!
//! Source: `org.freedesktop.login1`, <https://www.freedesktop.org/software/systemd/man/latest/org.freedesktop.login1.html>, read 2026-11-22.

use slipway_model::finish::Finish;
use zbus::{Connection, MatchRule, MessageStream, message::Type, zvariant::OwnedFd};

const NAME: &str = "org.freedesktop.login1";
const PATH: &str = "/org/freedesktop/login1";
const MANAGER: &str = "org.freedesktop.login1.Manager";

/// Against sleep that nobody asked for. The lid's switch is not held: logind lets it pass a hold by default.
pub(super) async fn inhibit(bus: &Connection, why: &str) -> zbus::Result<OwnedFd> {
    let asked = ("sleep:idle", "Slipway", why, "block");
    let answer = bus
        .call_method(Some(NAME), PATH, Some(MANAGER), "Inhibit", &asked)
        .await?;
    answer.body().deserialize()
}

/// 'challenge' would have to ask somebody, who is not there.
pub(super) async fn can(bus: &Connection, how: Finish) -> zbus::Result<bool> {
    let Some(name) = name(how) else {
        return Ok(false);
    };
    let method = format!("Can{name}");
    let answer = bus
        .call_method(Some(NAME), PATH, Some(MANAGER), method.as_str(), &())
        .await?;
    let said: String = answer.body().deserialize()?;
    Ok(said == "yes")
}

pub(super) async fn finish(bus: &Connection, how: Finish) -> zbus::Result<()> {
    if let Some(name) = name(how) {
        bus.call_method(Some(NAME), PATH, Some(MANAGER), name, &false)
            .await?;
    }
    Ok(())
}

/// `PrepareForSleep`, with `true` before and `false` after.
pub(super) async fn sleeps(bus: &Connection) -> zbus::Result<MessageStream> {
    let rule = MatchRule::builder()
        .msg_type(Type::Signal)
        .sender(NAME)?
        .interface(MANAGER)?
        .member("PrepareForSleep")?
        .build();
    MessageStream::for_match_rule(rule, bus, None).await
}

fn name(how: Finish) -> Option<&'static str> {
    match how {
        Finish::Nothing => None,
        Finish::Sleep => Some("Suspend"),
        Finish::Hibernate => Some("Hibernate"),
        Finish::ShutDown => Some("PowerOff"),
    }
}
