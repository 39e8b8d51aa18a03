//! Notices for the desktop: hears what happens, lets `model::notice` decide, and puts what is due into words.
//!
//! Knows nothing of how a notice is shown. What was told is kept with the queue before it is shown, so that no start tells it again.

use crate::{
    Api, Failure,
    sentence::{self, Lang},
    wire::{Empty, NetworkPass, NoticeChoices},
};
use slipway_engine::{Happening, clock::now_ms, happening::What, hours::zone};
use slipway_model::{
    AccountId, Cause, Params, UploadId, Wait,
    notice::{About, Asked, Heard, Notice, Notices, Standing},
    times::Hours,
};
use slipway_store::QueueRow;
use std::time::Duration;
use tokio::sync::broadcast::{Receiver, error::RecvError};

pub(crate) const CHOICES: &str = "notices";
const TOLD: &str = "notices_told";
/// Uploads that wait for a person, looked at one by one.
const UPLOADS_MAX: usize = 500;
/// Timers stand still while the machine sleeps: the wall clock is looked at this often while something is to be told.
const LONGEST_PAUSE_MS: i64 = 15_000;
/// The wall clock may be corrected by so much without having been set.
const SET_MS: i64 = 5_000;
const HOUR_MS: i64 = 60 * 60 * 1000;

/// What a click on a notice, or on its button, does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Step {
    /// Shows the queue.
    Queue,
    Upload(UploadId),
    /// Opens where it was published.
    Page(UploadId),
    SignIn(AccountId),
    Accounts,
    /// Shows what may go over which network.
    Networks,
    /// Lets everything use the present link for an hour.
    PassForAnHour,
}

/// A notice in words. None of them holds markup or moves the cursor.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Told {
    /// A later one of the same group takes its place.
    pub group: String,
    pub title: String,
    pub body: String,
    pub click: Step,
    pub button: Option<(Step, String)>,
}

/// One listener for each engine.
#[derive(Debug)]
pub struct NoticeFeed {
    api: Api,
    heard: Receiver<Happening>,
    notices: Notices,
    kept: String,
    last_ms: i64,
}

impl Api {
    pub async fn notice_choices(&self, _: Empty) -> Result<NoticeChoices, Failure> {
        let json = self.engine.store().setting(CHOICES).await?;
        let read = json.and_then(|json| serde_json::from_str(&json).ok());
        Ok(read.unwrap_or_default())
    }

    /// Takes effect at once, and is kept.
    ///
    /// # Errors
    /// `hours_unreadable` when the quiet hours cannot be read.
    pub async fn notice_choices_set(
        &self,
        mut choices: NoticeChoices,
    ) -> Result<NoticeChoices, Failure> {
        choices.quiet = choices.quiet.filter(|hours| !hours.trim().is_empty());
        if let Some(hours) = &choices.quiet {
            choices.quiet = Some(Hours::parse(hours)?.to_string());
        }
        choices.off.sort_unstable();
        choices.off.dedup();
        let json = serde_json::to_string(&choices).expect("choices are JSON");
        self.engine.store().setting_set(CHOICES, Some(json)).await?;
        self.engine.board().look_at_obstacles();
        Ok(choices)
    }

    pub async fn notices(&self) -> NoticeFeed {
        let heard = self.engine.happenings();
        let kept = self.engine.store().setting(TOLD).await.unwrap_or_default();
        let notices = Notices::recall(kept.as_deref(), now_ms());
        NoticeFeed {
            api: self.clone(),
            heard,
            kept: notices.kept(),
            notices,
            last_ms: now_ms(),
        }
    }

    /// Lets everything use the present link for an hour, in place of a pass that ends sooner.
    pub async fn network_pass_for_an_hour(&self) -> Result<(), Failure> {
        let status = self.network(Empty {}).await?;
        let until_ms = now_ms() + HOUR_MS;
        let pass = NetworkPass {
            until_ms: Some(status.pass.until_ms.unwrap_or(0).max(until_ms)),
            ..status.pass
        };
        self.network_pass(pass).await?;
        Ok(())
    }
}

impl NoticeFeed {
    /// The next notice, in the language of then. `looked_at`: whether its user has the window before him.
    ///
    /// # Cancellation
    /// Dropping it while it waits loses nothing.
    pub async fn next(&mut self, looked_at: impl Fn() -> bool, lang: impl Fn() -> Lang) -> Told {
        let mut wakes_ms = Some(now_ms());
        let board = self.api.clone();
        loop {
            let pause = wakes_ms.map(|at| (at - now_ms()).clamp(0, LONGEST_PAUSE_MS) as u64);
            let stands = tokio::select! {
                heard = self.heard.recv() => match heard {
                    Ok(happening) => match heard_of(happening) {
                        Some(heard) => {
                            let added = matches!(heard, Heard::Added { .. });
                            self.notices.hear(now_ms(), looked_at(), heard);
                            added // it may be the first that the link keeps off
                        }
                        None => continue,
                    },
                    Err(RecvError::Lagged(lost)) => {
                        tracing::warn!(lost, "notices were not heard of");
                        true
                    }
                    // The engine has ended.
                    Err(RecvError::Closed) => std::future::pending().await,
                },
                () = board.engine.board().obstacles_changed() => true,
                () = tokio::time::sleep(Duration::from_millis(pause.unwrap_or_default())), if pause.is_some() => true,
            };
            let now = now_ms();
            if now < self.last_ms - SET_MS {
                self.notices.set_back(now);
            }
            self.last_ms = now;
            if stands {
                let standing = self.standing().await;
                self.notices.stand(now, looked_at(), standing);
            }
            let choices = self.api.notice_choices(Empty {}).await.unwrap_or_default();
            let quiet = choices
                .quiet
                .as_deref()
                .and_then(|text| Hours::parse(text).ok());
            let quiet = quiet.map(|hours| hours.at(now, &zone()));
            let is_quiet = quiet.is_some_and(|quiet| quiet.is_open);
            let asked = Asked {
                off: &choices.off,
                is_quiet,
            };
            let due = self.notices.take(now, asked);
            self.keep().await;
            if let Some(notice) = due
                && let Some(told) = self.in_words(&notice, lang()).await
            {
                return told;
            }
            wakes_ms = self.notices.due_ms();
            if is_quiet && wakes_ms.is_some() {
                wakes_ms = wakes_ms.max(quiet.and_then(|quiet| quiet.until_ms));
            }
        }
    }

    async fn keep(&mut self) {
        let now = self.notices.kept();
        if now == self.kept {
            return;
        }
        let store = self.api.engine.store();
        match store.setting_set(TOLD, Some(now.clone())).await {
            Ok(()) => self.kept = now,
            Err(error) => tracing::warn!(%error, "what was told cannot be kept"),
        }
    }

    async fn standing(&self) -> Vec<Standing> {
        let obstacles = self.api.engine.board().obstacles(UPLOADS_MAX);
        let accounts = obstacles.accounts.into_iter();
        let uploads = obstacles.uploads.into_iter();
        let mut standing: Vec<_> = accounts
            .map(|(account, wait)| Standing::Account { account, wait })
            .chain(uploads.map(|(upload, wait)| Standing::Upload { upload, wait }))
            .collect();
        if let Some((wait, accounts)) = obstacles.link {
            // That there is no network at all its user knows already.
            let offline =
                matches!(&wait, Wait::Network { cause, .. } if cause.code == "network_offline");
            let store = self.api.engine.store();
            if !offline && store.any_unfinished_of(&accounts).await.unwrap_or(false) {
                standing.push(Standing::Network { wait });
            }
        }
        standing
    }

    /// `None`: what it is about is gone.
    async fn in_words(&self, notice: &Notice, lang: Lang) -> Option<Told> {
        let count = notice.count;
        let words = |key: &str, params: &Params| sentence::say(lang, key, params);
        let button = |step: Step, key: &str| (step, words(key, &Params::new()));
        let many = |one, many| if count == 1 { one } else { many };
        let mut params = Params::from([("count".to_owned(), count.to_string())]);
        let (title, body, click, button) = match &notice.about {
            About::Published { upload } => {
                named(&mut params, &self.row(*upload).await?);
                let title = words(many("notice.published", "notice.published_many"), &params);
                let body = words(
                    many("notice.published_text", "notice.published_text_many"),
                    &params,
                );
                let step = if count == 1 {
                    Step::Upload(*upload)
                } else {
                    Step::Queue
                };
                let page = (count == 1).then(|| button(Step::Page(*upload), "notice.open_page"));
                (title, body, step, page)
            }
            About::Refused { upload, cause, .. } => {
                named(&mut params, &self.row(*upload).await?);
                let title = words(many("notice.refused", "notice.refused_many"), &params);
                let show = Step::Upload(*upload);
                (
                    title,
                    sentence::say_cause(lang, cause),
                    show,
                    Some(button(show, "notice.show")),
                )
            }
            About::Account { account, wait } => {
                let rows = self.api.accounts(Empty {}).await.ok()?;
                let row = rows.into_iter().find(|row| row.account.id == *account)?;
                params.insert("account".into(), row.account.label.clone());
                params.insert("platform".into(), row.account.platform.clone());
                params.insert("count".into(), row.unfinished.to_string());
                let step = if row.signs_in {
                    Step::SignIn(*account)
                } else {
                    Step::Accounts
                };
                match wait {
                    Wait::Secrets { cause } => {
                        let body = sentence::say_cause(lang, cause);
                        (words("notice.secrets", &params), body, Step::Accounts, None)
                    }
                    _ => {
                        let body = if row.unfinished == 1 {
                            "notice.waits"
                        } else {
                            "notice.waits_many"
                        };
                        let body = words(body, &params);
                        let button = button(
                            step,
                            if row.signs_in {
                                "notice.sign_in_now"
                            } else {
                                "notice.show"
                            },
                        );
                        (
                            words("notice.sign_in", &params),
                            body,
                            Step::Accounts,
                            Some(button),
                        )
                    }
                }
            }
            About::Upload { upload, wait } => {
                named(&mut params, &self.row(*upload).await?);
                let key = match wait {
                    Wait::FileMissing { .. } => {
                        many("notice.file_missing", "notice.file_missing_many")
                    }
                    Wait::FileChanged { .. } => {
                        many("notice.file_changed", "notice.file_changed_many")
                    }
                    Wait::Disk { .. } => "notice.disk",
                    _ => many("notice.held_up", "notice.held_up_many"),
                };
                let body = sentence::say_wait(lang, wait);
                let show = Step::Upload(*upload);
                (
                    words(key, &params),
                    body,
                    show,
                    Some(button(show, "notice.show")),
                )
            }
            About::Network { wait } => {
                let body = match wait {
                    Wait::Network { cause, .. } => sentence::say_cause(lang, cause),
                    other => sentence::say_wait(lang, other),
                };
                let lets = !is_code(wait, "network_sign_in");
                let button = lets.then(|| button(Step::PassForAnHour, "notice.use_for_an_hour"));
                (
                    words("notice.network", &params),
                    body,
                    Step::Networks,
                    button,
                )
            }
            About::Done { published, failed } => {
                params.insert("published".into(), published.to_string());
                params.insert("failed".into(), failed.to_string());
                let body = if *failed == 0 {
                    "notice.done_text"
                } else {
                    "notice.done_failed_text"
                };
                (
                    words("notice.done", &params),
                    words(body, &params),
                    Step::Queue,
                    None,
                )
            }
        };
        Some(Told {
            group: notice.group.clone(),
            title,
            body,
            click,
            button,
        })
    }

    async fn row(&self, upload: UploadId) -> Option<QueueRow> {
        let rows = self.api.engine.store().queue_rows(vec![upload]).await;
        rows.ok()?.pop()
    }
}

fn is_code(wait: &Wait, code: &str) -> bool {
    matches!(wait, Wait::Network { cause: Cause { code: said, .. }, .. } if said == code)
}

fn named(params: &mut Params, row: &QueueRow) {
    let title = slipway_model::manuscript::shown_title(row.title.clone(), &row.file_name);
    params.insert("title".into(), title);
    params.insert("account".into(), row.account_label.clone());
    params.insert("platform".into(), row.platform.clone());
}

fn heard_of(happening: Happening) -> Option<Heard> {
    Some(
        match (happening.what, happening.upload, happening.account) {
            (What::Queued, Some(upload), _) => Heard::Added { upload },
            (What::Published { .. }, Some(upload), _) => Heard::Published { upload },
            (What::Failed { cause }, Some(upload), Some(account)) => Heard::Refused {
                upload,
                account,
                cause,
            },
            (What::Idle { waiting, .. }, ..) => Heard::Idle { left: waiting },
            _ => return None,
        },
    )
}
