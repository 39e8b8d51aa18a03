//! The queue as it is looked at and steered: rows are what is on disk, with what the board says of now.

use crate::{
    Api, Failure,
    editing::unknown,
    wire::{
        Changed, Counts, Empty, LiveRow, Place, QueuePage, QueueWindow, RowsInView, Show, Summary,
        TimelineEntry, UploadDetail, UploadFields, UploadFile, UploadMove, UploadRow, UploadSet,
    },
};
use slipway_engine::printable_name;
use slipway_model::{
    Cause, Fields, Intent, PhaseName, Remote, Source, Standstill, UploadId, Wait, manuscript,
    standstill::{self, Facts, Why},
};
use slipway_store::{Move, NeedsYou, QueueFilter, QueueQuery, QueueRow};

/// Most rows of one answer.
const ROWS_MAX: u32 = 500;
/// How long a row says where it went on.
const RESUMED_SHOWN_MS: i64 = 5 * 60 * 1000;

impl Api {
    pub async fn queue_window(&self, window: QueueWindow) -> Result<QueuePage, Failure> {
        let offset = window.offset;
        let page = self.engine.store().queue_page(self.query(&window)).await?;
        let mut rows: Vec<UploadRow> = page.rows.into_iter().map(|row| self.row(row)).collect();
        self.fill_turns(&mut rows).await?;
        Ok(QueuePage {
            total: page.total as u32,
            offset,
            rows,
        })
    }

    pub async fn queue_index(&self, id: UploadId) -> Result<Option<u32>, Failure> {
        let query = self.query(&QueueWindow {
            limit: 1,
            ..QueueWindow::default()
        });
        Ok(self
            .engine
            .store()
            .queue_index(id, query)
            .await?
            .map(|index| index as u32))
    }

    pub async fn queue_watch(&self, rows: RowsInView) -> Result<Empty, Failure> {
        *self.in_view.lock() = rows.ids.into_iter().take(ROWS_MAX as usize).collect();
        Ok(Empty {})
    }

    pub async fn queue_summary(&self, _: Empty) -> Result<Summary, Failure> {
        let counts = self.engine.store().queue_counts(self.needs_you()).await?;
        let counts = Counts {
            all: counts.all as u32,
            needs_you: counts.needs_you as u32,
            running: counts.running as u32,
            waiting: counts.waiting as u32,
            with_platforms: counts.with_platforms as u32,
            done: counts.done as u32,
            failed: counts.failed as u32,
        };
        *self.counts.lock() = Some(counts);
        self.summary(counts).await
    }

    /// The summary around counts that are still true.
    pub(crate) async fn summary(&self, counts: Counts) -> Result<Summary, Failure> {
        let board = self.engine.board();
        let moving = board.moving();
        let rests_until_ms = board.rests_until_ms();
        let bytes_per_second: u64 = moving.iter().map(|(_, m)| m.bytes_per_second).sum();
        let eta_seconds = moving.iter().filter_map(|(_, m)| m.eta_seconds).max();
        let left_bytes = moving.iter().map(|(_, m)| m.left_bytes).sum();
        let idle = match bytes_per_second {
            0 => Some(self.standstill(counts).await?),
            _ => None,
        };
        Ok(Summary {
            counts,
            bytes_per_second,
            eta_seconds,
            left_bytes,
            speed: self.speed_now(),
            paused: rests_until_ms.is_some()
                || idle.as_ref().is_some_and(|idle| idle.why == Why::Paused),
            rests_until_ms,
            moving_bytes: moving.iter().map(|(_, m)| m.total_bytes).sum(),
            idle,
            countdown: self.countdown(),
        })
    }

    /// Why no bytes move, of all that wait in one.
    async fn standstill(&self, counts: Counts) -> Result<Standstill, Failure> {
        let board = self.engine.board();
        let unsent = counts.running + counts.waiting;
        let works = board.works();
        let waits = if works || unsent + counts.with_platforms == 0 {
            Vec::new()
        } else {
            let store = self.engine.store();
            let now = slipway_engine::clock::now_ms();
            board.reasons(&store.accounts_due(board.waiting(), now).await?)
        };
        Ok(standstill::find(&Facts {
            runs: self.engine.runs(),
            works,
            rests_until_ms: board.rests_until_ms(),
            all: counts.all,
            unsent,
            with_platforms: counts.with_platforms,
            needs_you: counts.needs_you,
            waits,
        }))
    }

    pub async fn upload_detail(&self, id: UploadId) -> Result<UploadDetail, Failure> {
        let store = self.engine.store();
        let row = store.queue_rows(vec![id]).await?.pop();
        let row = row.ok_or_else(|| unknown(id))?;
        let stored = self.stored(id).await?;
        let manuscript = self.manuscript_of(&stored).await?;
        let timeline = store.timeline(id).await?;
        let together = match stored.together {
            Some(group) => store.together(group).await?,
            None => Vec::new(),
        };
        let together = together.into_iter().map(|member| member.id).collect();
        let mut landed: Vec<(u32, u32)> = Vec::new();
        for (number, _) in &stored.landed {
            match landed.last_mut() {
                Some((first, count)) if *first + *count == *number => *count += 1,
                _ => landed.push((*number, 1)),
            }
        }
        let cuts = stored.cuts.as_ref();
        let platform = row.platform.clone();
        let mut rows = vec![self.row(row)];
        self.fill_turns(&mut rows).await?;
        Ok(UploadDetail {
            row: rows.pop().ok_or_else(|| unknown(id))?,
            path: manuscript.source.shown(),
            resubmit_fields: cures(&platform, stored.cause.as_ref(), stored.remote.as_ref()),
            fields: manuscript.fields,
            created_at_ms: stored.created_at_ms,
            landed_at_ms: stored.landed_at_ms,
            proof: stored.proof,
            start_at_ms: stored.start_at_ms,
            together,
            parts_landed: landed,
            parts_in_flight: self
                .engine
                .board()
                .motion(id)
                .map(|m| m.parts_in_flight)
                .unwrap_or_default(),
            parts_total: cuts.map_or(0, slipway_model::Cuts::len),
            part_bytes: cuts
                .and_then(|c| c.span(1))
                .map_or(0, |span| span.len_bytes),
            timeline: timeline
                .into_iter()
                .map(|e| TimelineEntry {
                    at_ms: e.at_ms,
                    event: e.event,
                    params: e.params,
                })
                .collect(),
        })
    }

    pub async fn uploads_pause(&self, set: UploadSet) -> Result<Changed, Failure> {
        let ids = self.ids(set).await?;
        Ok(Changed {
            changed: self.engine.hold(ids).await,
        })
    }
    pub async fn uploads_resume(&self, set: UploadSet) -> Result<Changed, Failure> {
        if set.all {
            // Also right after a start, when nothing is told of a rest yet.
            self.engine.rest_until(None).await?;
        }
        let ids = self.ids(set).await?;
        Ok(Changed {
            changed: self.engine.release(ids).await,
        })
    }
    pub async fn uploads_cancel(&self, set: UploadSet) -> Result<Changed, Failure> {
        let ids = self.ids(set).await?;
        Ok(Changed {
            changed: self.engine.cancel(ids).await,
        })
    }
    pub async fn uploads_retry(&self, set: UploadSet) -> Result<Changed, Failure> {
        let ids = self.ids(set).await?;
        Ok(Changed {
            changed: self.engine.retry(ids).await,
        })
    }
    pub async fn uploads_remove(&self, set: UploadSet) -> Result<Changed, Failure> {
        let ids = self.ids(set).await?;
        Ok(Changed {
            changed: self.engine.remove(ids).await,
        })
    }

    pub async fn upload_move(&self, request: UploadMove) -> Result<Empty, Failure> {
        let to = match request.place {
            Place::First => Move::First,
            Place::Last => Move::Last,
            Place::Before { other } => Move::Before(other),
            Place::After { other } => Move::After(other),
        };
        self.engine.store().upload_move(request.id, to).await?;
        self.engine.moved().await;
        Ok(Empty {})
    }

    /// New values for some fields; a failed upload goes on from where it stood.
    pub async fn upload_set_fields(&self, request: UploadFields) -> Result<Empty, Failure> {
        let stored = self.stored(request.id).await?;
        let kept = self.manuscript_of(&stored).await?;
        let fields = with_changes(&kept.fields, request.fields);
        self.reword(&stored, &kept, fields).await?;
        Ok(Empty {})
    }

    /// Changes a refused work on its platform, which then looks at it again. The bytes stay where they are.
    ///
    /// # Errors
    /// `resubmit_not_here` where another text cures nothing; `work_nothing_changed`; what the platform says to the change.
    pub async fn upload_resubmit(&self, request: UploadFields) -> Result<Empty, Failure> {
        let stored = self.stored(request.id).await?;
        let kept = self.manuscript_of(&stored).await?;
        let account = self.account_of(&stored).await?;
        let open = cures(
            &account.platform,
            stored.cause.as_ref(),
            stored.remote.as_ref(),
        );
        let Some(remote) = stored
            .remote
            .filter(|_| stored.phase == PhaseName::Failed && !open.is_empty())
        else {
            let refused = Failure::new("resubmit_not_here").with("id", request.id);
            return Err(refused.with("platform", &account.platform));
        };
        let (platform, session) = self.engine.in_person(account.id).await?;
        let spec = platform.fields(&session);
        let own = |fields: &Fields| manuscript::resolve(fields, &account.platform, &spec);
        let fields = with_changes(&kept.fields, request.fields);
        let (before, mut changes) = (own(&kept.fields), own(&fields));
        changes.retain(|name, value| before.get(name) != Some(value));
        if changes.is_empty() {
            return Err(Failure::new("work_nothing_changed").with("work", &remote.id));
        }
        if let Some(fixed) = changes.keys().find(|name| !open.contains(name)) {
            let refused = Failure::new("resubmit_field_fixed").with("field", fixed);
            return Err(refused.with("platform", &account.platform));
        }
        // Its file has done its part and may be gone: only what is changed is looked at.
        let all = own(&fields);
        for field in spec
            .iter()
            .filter(|field| changes.contains_key(&field.name))
        {
            if let Some(cause) = field.check(changes.get(&field.name).map(String::as_str), &all) {
                return Err(Failure::from(cause).with("platform", &account.platform));
            }
        }
        let works = platform.works();
        let works = works.ok_or_else(|| unknown(request.id))?;
        works.edit(&session, &remote.id, &changes, None).await?;
        self.engine
            .store()
            .manuscript_set_fields(stored.manuscript, fields)
            .await?;
        self.engine.resubmitted(request.id).await;
        Ok(Empty {})
    }

    pub async fn upload_set_file(&self, request: UploadFile) -> Result<Empty, Failure> {
        let Source::File(source) = self.offered.source(request.file)? else {
            return Err(Failure::new("source_is_online"));
        };
        let stored = self.stored(request.id).await?;
        if stored.phase.is_final() && stored.phase != PhaseName::Failed {
            return Err(Failure::new("upload_ended"));
        }
        let kept = self.manuscript_of(&stored).await?;
        let Source::File(kept) = kept.source else {
            return Err(Failure::new("source_is_online"));
        };
        let changed = !kept.fingerprint.same_content(&source.fingerprint);
        if changed && source.fingerprint.size_bytes != stored.total_bytes {
            // Another size is another work: its parts and its progress are counted afresh.
            return Err(Failure::new("file_is_another").with("file", printable_name(&source.path)));
        }
        self.engine.set_file(request.id, source).await?;
        Ok(Empty {})
    }

    pub(crate) async fn ids(&self, set: UploadSet) -> Result<Vec<UploadId>, Failure> {
        if !set.all {
            return Ok(set.ids);
        }
        let query = QueueQuery {
            limit: u64::from(u32::MAX),
            ..self.query(&QueueWindow::default())
        };
        Ok(self.engine.store().uploads_ids(query).await?)
    }

    fn needs_you(&self) -> NeedsYou {
        let (ids, accounts) = self.engine.board().needs_person();
        NeedsYou { ids, accounts }
    }

    fn query(&self, window: &QueueWindow) -> QueueQuery {
        let filter = match (window.phase, window.show) {
            (Some(phase), _) => QueueFilter::Phase(phase),
            (None, Show::All) => QueueFilter::All,
            (None, Show::NeedsYou) => QueueFilter::NeedsYou,
            (None, Show::Running) => QueueFilter::Running,
            (None, Show::Waiting) => QueueFilter::Waiting,
            (None, Show::WithPlatforms) => QueueFilter::WithPlatforms,
            (None, Show::Done) => QueueFilter::Done,
            (None, Show::Failed) => QueueFilter::Failed,
        };
        QueueQuery {
            filter,
            search: window.search.clone().filter(|text| !text.trim().is_empty()),
            account: window.account,
            offset: u64::from(window.offset),
            limit: u64::from(window.limit.min(ROWS_MAX)),
            needs_you: self.needs_you(),
        }
    }

    pub(crate) fn row(&self, row: QueueRow) -> UploadRow {
        let live = self.live(&row);
        UploadRow {
            id: row.id,
            manuscript: row.manuscript,
            title: manuscript::shown_title(row.title, &row.file_name),
            file: row.file_name,
            account: row.account,
            account_label: row.account_label,
            platform: row.platform,
            sibling: row.sibling_of_previous,
            live,
        }
    }

    pub(crate) fn live(&self, row: &QueueRow) -> LiveRow {
        let board = self.engine.board();
        let motion = board.motion(row.id).unwrap_or_default();
        let phase_at_ms = row
            .finished_at_ms
            .or(row.landed_at_ms)
            .or(row.started_at_ms)
            .unwrap_or(row.created_at_ms);
        let held_bytes = row.held_bytes.max(motion.held_bytes);
        let shown = slipway_engine::clock::now_ms() - motion.started_at_ms < RESUMED_SHOWN_MS;
        LiveRow {
            id: row.id,
            phase: row.phase,
            intent: row.intent,
            held_bytes,
            sent_bytes: motion
                .sent_bytes
                .clamp(held_bytes, row.total_bytes.max(held_bytes)),
            total_bytes: row.total_bytes,
            resent_bytes: row.resent_bytes + motion.lost_bytes,
            bytes_per_second: motion.bytes_per_second,
            eta_seconds: motion.eta_seconds,
            resumed_at_bytes: motion.resumed_at_bytes.filter(|bytes| shown && *bytes > 0),
            wait: self.wait_of(row),
            resubmittable: row.phase == PhaseName::Failed
                && !cures(&row.platform, row.cause.as_ref(), row.remote.as_ref()).is_empty(),
            limit_bytes_per_second: row.limit_bytes_per_second,
            cause: row.cause.clone(),
            remote: row.remote.clone(),
            phase_at_ms,
        }
    }

    /// A queued row that waits for nothing but its turn says how many are before it.
    async fn fill_turns(&self, rows: &mut [UploadRow]) -> Result<(), Failure> {
        let mut ahead: Option<u32> = None;
        for row in rows {
            let waits = row.live.intent == Intent::Run && row.live.wait.is_none();
            if !waits || self.engine.board().is_live(row.id) {
                continue;
            }
            match row.live.phase {
                PhaseName::Queued => {}
                PhaseName::Opening | PhaseName::Sending | PhaseName::Committing => {
                    // Begun before, and out of its turn: the next that ends makes room for it.
                    row.live.wait = Some(Wait::Turn { ahead: 0 });
                    continue;
                }
                _ => continue,
            }
            let before = match ahead {
                Some(before) => before,
                None => {
                    let query = QueueQuery {
                        filter: QueueFilter::Waiting,
                        search: None,
                        account: None,
                        offset: 0,
                        limit: 1,
                        needs_you: NeedsYou::default(),
                    };
                    self.engine
                        .store()
                        .queue_index(row.id, query)
                        .await?
                        .unwrap_or(0) as u32
                }
            };
            row.live.wait = Some(Wait::Turn { ahead: before });
            ahead = Some(before + 1);
        }
        Ok(())
    }
}

/// An empty value takes a field away.
pub(crate) fn with_changes(known: &Fields, changes: Fields) -> Fields {
    let mut fields = known.clone();
    fields.extend(changes);
    fields.retain(|_, value| !value.is_empty());
    fields
}

/// Fields of a work that its platform refused, and looks at again when they are changed.
fn cures(platform: &str, cause: Option<&Cause>, remote: Option<&Remote>) -> Vec<String> {
    let (Some(cause), Some(_), Some(platform)) = (cause, remote, slipway_platforms::find(platform))
    else {
        return Vec::new();
    };
    let fields = platform
        .works()
        .map(|works| works.cures(cause))
        .unwrap_or_default();
    fields.iter().map(|name| (*name).to_owned()).collect()
}
