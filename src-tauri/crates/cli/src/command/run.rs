//! The engine in the foreground, and uploads followed to their end.
//!
//! What is shown comes from happenings; what is decided (whether all is done, and the exit status) is read from the queue itself, since happenings may be lost.

use super::{add, queue, tell_recovery, watch::tell_waiting};
use crate::{
    args::{Add, Run},
    bars::Bars,
    event,
    exit::{Exit, Outcome},
    folder::{Folder, Purpose, Reached},
    out::Out,
    row,
    signal::Signals,
};
use jiff::Timestamp;
use slipway_api::{
    Failure, Idle,
    client::{Client, Following},
    sentence::printable,
    socket::Heard,
    wire::{QueueWindow, Show, UploadRow},
};
use slipway_engine::happening::{Happening, What};
use slipway_model::{Intent, PhaseName, UploadId, Wait};
use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};
use tokio::{
    sync::watch,
    time::{Instant, MissedTickBehavior, interval_at},
};

/// The queue is looked at this often while nothing happens: nobody waits for an event that was lost.
const LOOK: Duration = Duration::from_secs(2);

/// The queue knows how an upload ended a moment before it is told; longer than this nobody waits to hear it.
const TOLD_WITHIN: Duration = Duration::from_secs(1);

/// The signal of a pipe that nobody reads, by POSIX's number.
const PIPE: u8 = 13;

/// When it is done.
enum Goal {
    /// Only when told.
    Never,
    /// When the engine says that nothing can move by itself.
    Idle(watch::Receiver<Option<Idle>>),
    /// When these are done, or can move no more by themselves.
    These(BTreeMap<UploadId, Standing>),
}

/// How an upload stands for who waits for it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Standing {
    /// It moves, or will by itself.
    Going,
    Published,
    Failed,
    Cancelled,
    /// Only a person can help.
    Waiting,
    /// The user holds it.
    Held,
}

impl Standing {
    fn of(row: &UploadRow) -> Self {
        let live = &row.live;
        match live.phase {
            PhaseName::Published => Self::Published,
            PhaseName::Failed => Self::Failed,
            PhaseName::Cancelled => Self::Cancelled,
            _ if live.wait.as_ref().is_some_and(Wait::needs_person) => Self::Waiting,
            PhaseName::Queued | PhaseName::Opening | PhaseName::Sending
                if live.intent == Intent::Hold =>
            {
                Self::Held
            }
            _ => Self::Going,
        }
    }
}

/// How the watch ended.
enum Ended {
    Done,
    Signalled(u8),
    /// Nobody reads our events any more.
    Unheard,
    /// The engine that was followed has gone.
    EngineGone,
}

pub(super) async fn run(run: &Run, out: &Out, folder: &mut Folder) -> Outcome {
    folder.at_once = run.max_uploads.map(|n| n as usize);
    let mut reached = folder.reach(Purpose::BeEngine).await?;
    let following = reached.follow().await?;
    tell_recovery(&reached, out).await;
    if let (Some(limit), Client::Here(api)) = (run.limit, &reached.client) {
        api.cap(limit.0);
    }
    let goal = match &reached.client {
        Client::Here(api) if run.until_idle => Goal::Idle(api.idle()),
        _ => Goal::Never,
    };
    if matches!(goal, Goal::Never) && !out.json {
        out.say("cli.running", &[]);
    }
    watch(goal, reached, following, out).await
}

pub(super) async fn upload(add: &Add, out: &Out, folder: &Folder) -> Outcome {
    let mut reached = folder.reach(Purpose::Move).await?;
    let following = reached.follow().await?;
    tell_recovery(&reached, out).await;
    let added = add::queue(add, &reached.client, out).await;
    let queued = match added {
        Ok(queued) if !queued.uploads.is_empty() => queued,
        Ok(queued) => {
            reached.close().await;
            return Ok(queued.exit);
        }
        Err(stop) => {
            reached.close().await;
            return Err(stop);
        }
    };
    let these = queued.uploads.iter().map(|id| (*id, Standing::Going));
    let goal = Goal::These(these.collect());
    let ended = watch(goal, reached, following, out).await?;
    // Rows that were left out are still to be told when all else went well.
    Ok(if ended == Exit::Done {
        queued.exit
    } else {
        ended
    })
}

async fn watch(goal: Goal, reached: Reached, following: Following, out: &Out) -> Outcome {
    let mut watch = Watch {
        goal,
        client: reached.client.clone(),
        here: reached.is_here(),
        bars: Bars::new(out),
        told: BTreeSet::new(),
        lost: 0,
        out,
    };
    let mut signals =
        Signals::listen().map_err(|error| Failure::new("signals_unheard").with("detail", error))?;
    let ended = watch.until_done(following, &mut signals).await;
    watch.bars.end();
    if watch.lost > 0 {
        out.say("cli.events_lost", &[("count", watch.lost.to_string())]);
    }
    let ended = match ended {
        Ok(ended) => ended,
        Err(failure) => {
            reached.close().await;
            return Err(failure.into());
        }
    };
    if let Ended::Signalled(_) | Ended::Unheard = ended {
        // A second signal ends the process at once.
        signals.end_at_next();
        out.say(
            if watch.here {
                "cli.stopping"
            } else {
                "cli.still_there"
            },
            &[],
        );
    }
    let exit = match ended {
        Ended::Done => watch.sum_up().await,
        Ended::Signalled(_) | Ended::Unheard if matches!(watch.goal, Goal::Never) => Ok(Exit::Done),
        Ended::Signalled(signal) => Ok(Exit::Signalled(signal)),
        Ended::Unheard => Ok(Exit::Signalled(PIPE)),
        Ended::EngineGone => Err(Failure::new("engine_stopped").into()),
    };
    reached.close().await;
    exit
}

struct Watch<'a> {
    goal: Goal,
    client: Client,
    here: bool,
    bars: Bars,
    /// Uploads whose end was heard.
    told: BTreeSet<UploadId>,
    lost: u64,
    out: &'a Out,
}

impl Watch<'_> {
    async fn until_done(
        &mut self,
        mut following: Following,
        signals: &mut Signals,
    ) -> Result<Ended, Failure> {
        let mut look = interval_at(Instant::now() + LOOK, LOOK);
        look.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut quiet = true;
        let mut idle = match &self.goal {
            Goal::Idle(idle) => Some(idle.clone()),
            _ => None,
        };
        // What was added may be done before the first event is heard.
        if self.is_done().await? {
            self.drain(&mut following).await;
            return Ok(Ended::Done);
        }
        loop {
            tokio::select! {
                biased;
                signal = signals.next() => return Ok(Ended::Signalled(signal)),
                heard = following.next() => {
                    quiet = false;
                    let decides = match heard {
                        None => return Ok(Ended::EngineGone),
                        Some(Heard::Lost(count)) => {
                            self.lost += count;
                            true
                        }
                        Some(Heard::Happening(happening)) => {
                            if self.show(&happening).is_err() {
                                return Ok(Ended::Unheard);
                            }
                            self.may_decide(&happening)
                        }
                    };
                    if decides && self.is_done().await? {
                        self.drain(&mut following).await;
                        return Ok(Ended::Done);
                    }
                }
                () = idle_comes(&mut idle) => {
                    self.drain(&mut following).await;
                    return Ok(Ended::Done);
                }
                _ = look.tick() => {
                    if quiet && self.is_done().await? {
                        return Ok(Ended::Done);
                    }
                    quiet = true;
                }
            }
        }
    }

    /// Shows what has happened already, each end that the queue knows among it; what comes later is not waited for.
    async fn drain(&mut self, following: &mut Following) {
        let until = Instant::now() + TOLD_WITHIN;
        loop {
            let wait = if self.owes_an_end() {
                until.saturating_duration_since(Instant::now())
            } else {
                Duration::ZERO
            };
            let Ok(Some(heard)) = tokio::time::timeout(wait, following.next()).await else {
                return;
            };
            match heard {
                Heard::Happening(happening) => {
                    if self.show(&happening).is_err() {
                        return;
                    }
                }
                Heard::Lost(count) => self.lost += count,
            }
        }
    }

    /// Whether an upload ended and nobody was told so. What was lost is not waited for.
    fn owes_an_end(&self) -> bool {
        let Goal::These(these) = &self.goal else {
            return false;
        };
        let ended = |standing| matches!(standing, Standing::Published | Standing::Failed);
        self.lost == 0
            && these
                .iter()
                .any(|(id, standing)| ended(*standing) && !self.told.contains(id))
    }

    fn show(&mut self, happening: &Happening) -> std::io::Result<()> {
        if let (Some(id), What::Published { .. } | What::Failed { .. }) =
            (happening.upload, &happening.what)
        {
            self.told.insert(id);
        }
        let ours = match (&self.goal, happening.upload) {
            (Goal::These(these), Some(id)) => these.contains_key(&id),
            // Told at the end, once and about what was asked for.
            (Goal::These(_) | Goal::Idle(_), None) => false,
            _ => true,
        };
        if !ours {
            return Ok(());
        }
        let out = self.out;
        if out.json {
            return out.line(&event_text(happening, out));
        }
        self.bars.show(happening, out);
        if let What::Published { remote_id, url } = &happening.what {
            let place = url.as_deref().unwrap_or(remote_id);
            let name = crate::bars::name(happening);
            out.line(&format!("{name}: {}", printable(place)))?;
        }
        Ok(())
    }

    /// Whether this may be what was waited for, so that the queue is worth a look.
    fn may_decide(&self, happening: &Happening) -> bool {
        match (&self.goal, &happening.what) {
            (Goal::Never | Goal::Idle(_), _) => false,
            (Goal::These(_), What::Idle { .. }) => true,
            (Goal::These(these), what) => {
                let ours = happening.upload.is_some_and(|id| these.contains_key(&id));
                ours && match what {
                    What::Published { .. } | What::Failed { .. } => true,
                    What::Waiting { wait } => wait.needs_person(),
                    What::Phase { to, .. } => to.is_final(),
                    _ => false,
                }
            }
        }
    }

    async fn is_done(&mut self) -> Result<bool, Failure> {
        match &mut self.goal {
            Goal::Never => Ok(false),
            Goal::Idle(idle) => Ok(idle.borrow().is_some()),
            Goal::These(these) => {
                let open: Vec<UploadId> = these
                    .iter()
                    .filter(|(_, standing)| {
                        !matches!(standing, Standing::Published | Standing::Cancelled)
                    })
                    .map(|(id, _)| *id)
                    .collect();
                let mut going = false;
                for id in open {
                    let standing = match self.client.upload_detail(id).await {
                        Ok(detail) => Standing::of(&detail.row),
                        Err(failure) if failure.code == "upload_unknown" => Standing::Cancelled,
                        Err(failure) => return Err(failure),
                    };
                    these.insert(id, standing);
                    if standing == Standing::Going {
                        going = true;
                        break; // one that goes is enough to go on
                    }
                }
                Ok(!going)
            }
        }
    }

    /// The last event, what waits and why, and the exit status.
    async fn sum_up(&mut self) -> Outcome {
        let (mut published, mut failed, mut waiting) = (0, 0, 0);
        let mut needs_person = Vec::new();
        if let Goal::These(these) = &self.goal {
            let ids: BTreeSet<_> = these.keys().copied().collect();
            for standing in these.values() {
                match standing {
                    Standing::Published => published += 1,
                    Standing::Failed | Standing::Cancelled => failed += 1,
                    Standing::Waiting | Standing::Held | Standing::Going => waiting += 1,
                }
            }
            for id in ids {
                if these[&id] == Standing::Waiting {
                    needs_person.push(self.client.upload_detail(id).await?.row);
                }
            }
        } else {
            if let Goal::Idle(idle) = &self.goal
                && let Some(idle) = *idle.borrow()
            {
                (published, failed, waiting) = (idle.published, idle.failed, idle.waiting);
            }
            tell_waiting(&self.client, self.out).await?;
            let rows = queue::rows(&self.client, showing(Show::NeedsYou)).await?;
            needs_person = rows
                .into_iter()
                .filter(|row| Standing::of(row) == Standing::Waiting)
                .collect();
        }
        let happening = Happening {
            at_ms: Timestamp::now().as_millisecond(),
            upload: None,
            account: None,
            account_label: None,
            file: None,
            what: What::Idle {
                published,
                failed,
                waiting,
            },
        };
        if self.out.json {
            self.out.line(&event_text(&happening, self.out))?;
        } else {
            for row in &needs_person {
                let reason = row::reason(&row.live, self.out);
                self.out.note(&format!("{}: {reason}", queue::name(row)));
            }
            let counts = [
                ("published", published),
                ("failed", failed),
                ("waiting", waiting),
            ];
            let counts = counts.map(|(name, count)| (name, count.to_string()));
            self.out.say("cli.idle", &counts);
        }
        Ok(if failed > 0 {
            Exit::UploadFailed
        } else if needs_person.is_empty() {
            Exit::Done
        } else {
            Exit::NeedsPerson
        })
    }
}

fn event_text(happening: &Happening, out: &Out) -> String {
    serde_json::to_string(&event::line(happening, out.lang)).expect("events are JSON")
}

fn showing(show: Show) -> QueueWindow {
    QueueWindow {
        show,
        ..QueueWindow::default()
    }
}

/// Returns when the engine says that nothing can move; never without one to ask.
async fn idle_comes(idle: &mut Option<watch::Receiver<Option<Idle>>>) {
    let came = match idle {
        Some(idle) => idle.wait_for(Option::is_some).await.is_ok(),
        None => false,
    };
    if !came {
        std::future::pending::<()>().await;
    }
}
