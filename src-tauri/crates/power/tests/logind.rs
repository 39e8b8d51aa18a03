//! Holds against sleep, ends of the day and sleeps, with a logind on a bus of its own.
#![cfg(target_os = "linux")]

use slipway_model::finish::Finish;
use slipway_power::{Keeper, System};
use slipway_simulators::logind::{Logind, Seen};

#[tokio::test(flavor = "multi_thread")]
async fn a_hold_is_taken_when_asked_and_let_go_with_its_value() {
    let mut logind = Logind::start(&[]).await.unwrap();
    let mut system = System::at(&logind.address());
    let awake = system.stay_awake("a test").await.unwrap();
    assert_eq!(awake.by, Keeper::Logind);
    let seen = logind.seen(|seen| !seen.is_empty()).await.unwrap();
    assert_eq!(seen[0].1, Seen::Held("sleep:idle".into(), "block".into()));
    drop(awake);
    let seen = logind.seen(|seen| seen.len() == 2).await.unwrap();
    assert_eq!(seen[1].1, Seen::LetGo);
}

#[tokio::test(flavor = "multi_thread")]
async fn what_would_ask_somebody_is_not_offered_and_what_is_offered_is_done() {
    let mut logind = Logind::start(&["Suspend", "PowerOff"]).await.unwrap();
    let mut system = System::at(&logind.address());
    assert_eq!(system.offered().await, [Finish::Sleep, Finish::ShutDown]);
    system.finish(Finish::ShutDown).await.unwrap();
    let seen = logind.seen(|seen| !seen.is_empty()).await.unwrap();
    assert_eq!(seen[0].1, Seen::Ended("PowerOff", false));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wake_up_is_told_once_it_has_come() {
    let logind = Logind::start(&[]).await.unwrap();
    let mut system = System::at(&logind.address());
    let told = tokio::spawn(async move {
        system.woke().await;
    });
    while !told.is_finished() {
        // Repeated until the match for it is in place; the first word alone must not count.
        logind.sleeps(true).await.unwrap();
        logind.sleeps(false).await.unwrap();
        tokio::task::yield_now().await;
    }
    told.await.unwrap();
}

#[tokio::test]
async fn without_a_bus_nothing_is_offered_and_nothing_fails() {
    let mut system = System::at("unix:path=/nonexistent/bus");
    assert_eq!(system.offered().await, []);
    assert!(system.finish(Finish::Sleep).await.is_err());
}
