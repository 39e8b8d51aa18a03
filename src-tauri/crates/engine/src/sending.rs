//! Sends the parts of one upload: takes lanes, starts parts, restarts what stalls, hedges the last.
//!
//! Which parts have landed is the dispatcher's truth; here is its working copy. A part's own retries are made here as long as others may still land;
//! after that the dispatcher decides.
//! Invariant: a part is reported landed only after the platform's acknowledgement and after all its bytes were read from the file that was begun.

use crate::{
    clock::now_ms,
    lanes::Permit,
    limiter::Limiter,
    reader::{self, Flight, Reading, Source},
    worker::{Job, What, source_failed},
};
use slipway_model::{
    Cause, ErrorKind, Event, Parts, Receipt, Span, Wait, error::backoff, upload::Kept,
};
use slipway_platforms::{Error, Held, Part, Result, Sums, http};
use std::{
    sync::{Arc, atomic::Ordering::Relaxed},
    time::Duration,
};
use tokio::{
    task::{AbortHandle, JoinError, JoinSet},
    time::Instant,
};

/// No byte taken for this long: the part is restarted alone.
const STALL: Duration = Duration::from_secs(60);
/// After the last byte was handed to the socket: the rest of its buffer and the platform's own work on the part.
const ANSWER: Duration = Duration::from_secs(120);
/// Failures in a row, none landing between, after which the dispatcher decides.
const FAILURES_HERE: u32 = 3;
/// Lanes to one host that the platform does not bound itself.
const LANES_PER_HOST: u32 = 32;
/// A part is worth a second flight when it has flown for at least this long.
const HEDGE_LEAST: Duration = Duration::from_secs(3);
const LOOK: Duration = Duration::from_millis(500);

struct Landing {
    span: Span,
    took: Duration,
    result: Result<Receipt>,
    permit: Permit,
}

pub(crate) async fn send_all(job: &Job, mut kept: Kept) -> Result<()> {
    let (platform, session) = (&job.account.platform, &job.account.session);
    let source = job.source().await?;
    let landed = kept.parts.landed();
    if let Held::Parts(numbers) = platform
        .held_against(session, &kept.ticket, kept.parts.cuts(), &landed)
        .await?
    {
        kept.parts.keep_only(|n| numbers.binary_search(&n).is_ok());
        job.counters.held.store(kept.parts.held_bytes(), Relaxed);
        job.report(What::Happened(Event::Held {
            numbers: Some(numbers),
        }))
        .await;
    }
    let ticket = Arc::new(kept.ticket);
    let mut sender = Sender {
        job,
        source,
        ticket,
        parts: kept.parts,
        flights: JoinSet::new(),
        aloft: Vec::new(),
        took: Vec::new(),
    };
    sender.run().await
}

struct Aloft {
    number: u32,
    since: Instant,
    flight: AbortHandle,
}

struct Sender<'a> {
    job: &'a Job,
    source: Arc<Source>,
    ticket: Arc<slipway_model::Ticket>,
    parts: Parts,
    flights: JoinSet<Landing>,
    /// Parts in flight; a hedged part is here twice.
    aloft: Vec<Aloft>,
    /// How long the last parts took.
    took: Vec<Duration>,
}

impl Sender<'_> {
    async fn run(&mut self) -> Result<()> {
        let account = &self.job.account;
        let at_once = account.limits.parts_at_once.max(1) as usize;
        let place = ["endpoint.upload", "endpoint", "path"]
            .iter()
            .find_map(|name| account.session.setting(name))
            .unwrap_or_default();
        let host = self.job.tools.lanes.host(
            &format!("{}|{place}", account.platform.spec().name),
            LANES_PER_HOST,
        );
        let (mut failures, mut not_before, mut lanes) = (0_u32, None::<Instant>, 0);
        // The platform itself asked for the wait: a part that lands meanwhile does not end it.
        let mut asked = false;
        let mut look = tokio::time::interval(LOOK);
        let mut place = self.job.counters.rank.subscribe();
        while !self.parts.all_landed() {
            let room = self.flights.len() < at_once && self.parts.wanted_count() > 0;
            let now_at = *place.borrow_and_update();
            let before = std::mem::replace(&mut lanes, host.limit());
            if lanes != before {
                let filled = [("lanes".to_owned(), lanes.to_string())].into();
                self.job.tools.board.stepped(self.job.id, ("lanes", filled));
            }
            tokio::select! {
                biased;
                Some(done) = self.flights.join_next_with_id() => {
                    if done.as_ref().is_err_and(JoinError::is_cancelled) {
                        continue; // its twin was faster
                    }
                    // A defect of ours: the part's number went with it, so all of them begin anew.
                    let (flight, Landing { span, took, result, permit }) = done.map_err(|error| {
                        Error::new("slipway", "sending a part", ErrorKind::ServerFault, Cause::new("internal_fault")).because(error)
                    })?;
                    self.aloft.retain(|aloft| aloft.flight.id() != flight);
                    let twin = self.aloft.iter().position(|aloft| aloft.number == span.number);
                    match result {
                        Ok(receipt) => {
                            if let Some(twin) = twin {
                                self.aloft.swap_remove(twin).flight.abort();
                            }
                            failures = 0;
                            if !asked {
                                not_before = None;
                                self.job.tools.board.pause_of(self.job.id, None);
                            }
                            host.acknowledged(span.len_bytes);
                            self.took.push(took);
                            if self.parts.land(span.number, receipt.clone()) {
                                self.job.report(What::Happened(Event::Landed { number: span.number, receipt })).await;
                            }
                            // The lane goes on to the next part, unless somebody before us waits for it.
                            if not_before.is_none()
                                && permit.is_kept(*place.borrow())
                                && let Some(span) = self.parts.take()
                            {
                                self.launch(span, permit);
                            }
                        }
                        Err(_) if self.parts.has_landed(span.number) => {} // its twin was faster
                        Err(error) => {
                            if twin.is_none() {
                                self.parts.drop_back(span.number);
                            }
                            failures += 1;
                            asked |= matches!(error.kind, ErrorKind::RateLimited { .. });
                            let pause = self.after_failure(&host, error, failures)?;
                            not_before = not_before.max(Some(Instant::now() + pause));
                        }
                    }
                }
                () = tokio::time::sleep_until(not_before.unwrap_or_else(Instant::now)), if not_before.is_some() => {
                    (not_before, asked) = (None, false);
                    self.job.tools.board.pause_of(self.job.id, None);
                }
                permit = host.acquire(self.job.id, now_at), if room && not_before.is_none() => {
                    if let Some(span) = self.parts.take() {
                        self.launch(span, permit);
                    }
                }
                // Waits at its new place.
                _ = place.changed() => {}
                _ = look.tick(), if self.parts.wanted_count() == 0 && self.flights.len() < at_once => {
                    if let Some(span) = self.straggler() && let Some(permit) = host.try_acquire(self.job.id) {
                        self.launch(span, permit);
                    }
                }
            }
        }
        Ok(())
    }

    /// How long to wait before the next part is started, or the error when it is not for us to go on.
    fn after_failure(
        &self,
        host: &crate::lanes::Host,
        error: Error,
        failures: u32,
    ) -> Result<Duration> {
        let pause = match &error.kind {
            ErrorKind::RateLimited { wait } => {
                host.pushed_back(*wait);
                wait.unwrap_or_else(|| backoff(failures + 2, jitter()))
            }
            ErrorKind::ServerFault | ErrorKind::Stalled | ErrorKind::Offline => {
                host.lost();
                backoff(failures, jitter())
            }
            _ => return Err(error),
        };
        if failures >= FAILURES_HERE && self.flights.is_empty() {
            return Err(error);
        }
        tracing::info!(upload = %self.job.id, %error, failures, "a part is sent again");
        let until_ms = now_ms() + pause.as_millis() as i64;
        self.job.tools.board.pause_of(
            self.job.id,
            Some(Wait::Retry {
                until_ms,
                cause: error.cause.clone(),
            }),
        );
        let _ = self.job.reports.try_send(crate::worker::Report {
            id: self.job.id,
            attempt: self.job.attempt,
            what: What::Retrying {
                after: pause,
                cause: error.cause,
            },
        });
        Ok(pause)
    }

    /// The part that has flown twice as long as the middle one took, where the platform allows the same part twice.
    fn straggler(&self) -> Option<Span> {
        if !self.job.account.limits.parts_idempotent || self.took.is_empty() {
            return None;
        }
        let mut took = self.took.clone();
        took.sort_unstable();
        let limit = (took[took.len() / 2] * 2).max(HEDGE_LEAST);
        let alone = |one: &Aloft| self.aloft.iter().filter(|a| a.number == one.number).count() == 1;
        let slow = self
            .aloft
            .iter()
            .filter(|aloft| aloft.since.elapsed() > limit && alone(aloft))
            .min_by_key(|aloft| aloft.since)?;
        self.parts.cuts().span(slow.number)
    }

    fn launch(&mut self, span: Span, permit: Permit) {
        let (job, source, ticket) = (self.job.clone(), self.source.clone(), self.ticket.clone());
        let number = span.number;
        let flight = self.flights.spawn(async move {
            let started = Instant::now();
            let result = http::listened(job.listener(), fly(&job, source, &ticket, span)).await;
            Landing {
                span,
                took: started.elapsed(),
                result,
                permit,
            }
        });
        let since = Instant::now();
        self.aloft.push(Aloft {
            number,
            since,
            flight,
        });
    }
}

/// Counts a part as in flight while it is, and its bytes as lost when it does not land: also when it is dropped.
struct InFlight<'a> {
    job: &'a Job,
    number: u32,
    flight: Arc<Flight>,
    landed: bool,
}

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        let counters = &self.job.counters;
        let mut flying = counters.flying.lock();
        if let Some(flights) = flying.get_mut(&self.number) {
            flights.retain(|f| !Arc::ptr_eq(f, &self.flight));
            if flights.is_empty() {
                flying.remove(&self.number);
            }
        }
        if !self.landed {
            counters
                .lost
                .fetch_add(self.flight.handed.load(Relaxed), Relaxed);
        }
    }
}

async fn fly(
    job: &Job,
    source: Arc<Source>,
    ticket: &slipway_model::Ticket,
    span: Span,
) -> Result<Receipt> {
    let (platform, session) = (&job.account.platform, &job.account.session);
    let (flight, sums) = (Flight::new(), Sums::default());
    job.counters
        .flying
        .lock()
        .entry(span.number)
        .or_default()
        .push(flight.clone());
    let mut counted = InFlight {
        job,
        number: span.number,
        flight: flight.clone(),
        landed: false,
    };
    let reading = Reading {
        source: source.clone(),
        buffers: job.tools.buffers.clone(),
        limiter: Limiter::new(job.caps()),
        digests: platform.digests(session),
        wire: job.counters.wire.clone(),
        link_wire: (platform.spec().remote).then(|| job.tools.link_wire.clone()),
    };
    let part = Part {
        number: span.number,
        offset_bytes: span.offset_bytes,
        len_bytes: span.len_bytes,
        total_bytes: source.fingerprint.size_bytes,
        body: reader::body(reading, span, sums.clone(), flight.clone()),
        sums: sums.clone(),
    };
    let sent = tokio::select! {
        sent = platform.send(session, ticket, part) => sent,
        () = stalled(&flight, span.len_bytes) => Err(Error::new("slipway", "sending a part", ErrorKind::Stalled, Cause::new("stalled").with("seconds", STALL.as_secs()))),
    };
    // What went wrong on our side is the cause, whatever the platform made of the broken stream.
    if let Some(fault) = flight.fault.lock().take() {
        return Err(source_failed("reading the file", fault));
    }
    let mut receipt = sent?;
    let Some(taken) = sums.get().filter(|taken| taken.bytes == span.len_bytes) else {
        // An answer before all bytes were sent acknowledges nothing.
        return Err(Error::new(
            "slipway",
            "sending a part",
            ErrorKind::ServerFault,
            Cause::new("answered_too_early"),
        ));
    };
    receipt.crc64 = Some(format!("{:016x}", taken.crc64));
    receipt.blake3 = flight.blake3.lock().take();
    counted.landed = true;
    Ok(receipt)
}

async fn stalled(flight: &Flight, len_bytes: u64) {
    loop {
        let limit = if flight.is_handed(len_bytes) {
            ANSWER
        } else {
            STALL
        };
        let idle = flight.stalled_for();
        if idle >= limit {
            return;
        }
        tokio::time::sleep(
            limit
                .saturating_sub(idle)
                .clamp(Duration::from_secs(1), STALL),
        )
        .await;
    }
}

pub(crate) fn jitter() -> f64 {
    rand::random::<f64>()
}
