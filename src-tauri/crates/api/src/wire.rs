//! The forms in which front ends see the product. One form for all: the window, the socket, and `--json`.
//!
//! Names are snake_case; times are ms since 1970 UTC; sizes are bytes. Paths of the user's files come in through [`OfferedFile`]s and leave as ids:
//! the window never names a path of its own.

use serde::{Deserialize, Serialize};
use slipway_media::Media;
use slipway_model::{
    Account, AccountId, Cause, DraftId, Health, Intent, ManuscriptId, PhaseName, Proof, Remote,
    Spec, Standstill, UploadId, Wait,
    network::{Class, Link, Rule, Verdict},
    preflight::Finding,
};
use std::collections::BTreeMap;
use ts_rs::TS;

mod notices;
mod past;
mod power;
mod proxy;
mod report;
mod rest;
mod speed;
pub use notices::*;
mod starts;
mod transfer;
mod watching;
pub use past::*;
pub use power::*;
pub use proxy::*;
pub use report::*;
pub use rest::*;
pub use speed::*;
pub use starts::*;
pub use transfer::*;
pub use watching::*;

/// Which rows of the queue.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Show {
    #[default]
    All,
    NeedsYou,
    Running,
    Waiting,
    WithPlatforms,
    Done,
    Failed,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct QueueWindow {
    pub show: Show,
    /// Text found in title, file name or account.
    pub search: Option<String>,
    pub account: Option<AccountId>,
    pub phase: Option<PhaseName>,
    pub offset: u32,
    /// At most 500.
    pub limit: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct QueuePage {
    /// Rows that match, in the whole queue.
    pub total: u32,
    pub offset: u32,
    pub rows: Vec<UploadRow>,
}

/// One upload as a row shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct UploadRow {
    pub id: UploadId,
    pub manuscript: ManuscriptId,
    pub title: String,
    /// File name, made printable.
    pub file: String,
    pub account: AccountId,
    pub account_label: String,
    pub platform: String,
    /// The row above is the same manuscript for another account.
    pub sibling: bool,
    pub live: LiveRow,
}

/// The part of a row that changes while it is looked at; also what a patch brings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct LiveRow {
    pub id: UploadId,
    pub phase: PhaseName,
    pub intent: Intent,
    /// Acknowledged by the platform.
    pub held_bytes: u64,
    /// Put on the wire for bytes not yet acknowledged; at least `held_bytes`, at most `total_bytes`.
    pub sent_bytes: u64,
    pub total_bytes: u64,
    /// Bytes that had to be sent more than once.
    pub resent_bytes: u64,
    pub bytes_per_second: u64,
    /// `null` when none is known.
    pub eta_seconds: Option<u64>,
    /// Set for some minutes after a break: where it went on.
    pub resumed_at_bytes: Option<u64>,
    /// Why it does not move now.
    pub wait: Option<Wait>,
    /// Why it failed.
    pub cause: Option<Cause>,
    pub remote: Option<Remote>,
    /// Refused, and looked at again by its platform when its text is changed there.
    pub resubmittable: bool,
    /// Its own speed limit.
    pub limit_bytes_per_second: Option<u64>,
    /// When it reached its phase.
    pub phase_at_ms: i64,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct Counts {
    pub all: u32,
    pub needs_you: u32,
    pub running: u32,
    pub waiting: u32,
    pub with_platforms: u32,
    pub done: u32,
    pub failed: u32,
}

#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize, TS)]
pub struct Summary {
    pub counts: Counts,
    /// Acknowledged, all uploads together, over the last seconds.
    pub bytes_per_second: u64,
    /// For what may run now; `null` when none is known.
    pub eta_seconds: Option<u64>,
    /// Bytes still to send of what may run now.
    pub left_bytes: u64,
    pub speed: Speed,
    /// The whole queue is held by the user.
    pub paused: bool,
    /// Held until then; `null` where it is not, or for good.
    pub rests_until_ms: Option<i64>,
    /// Bytes in all of what may run now.
    pub moving_bytes: u64,
    /// Why no bytes move, when none do.
    pub idle: Option<Standstill>,
    /// All is sent, and the machine is about to end its day.
    pub countdown: Option<Countdown>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UploadDetail {
    pub row: UploadRow,
    /// Folder and name for display only.
    pub path: String,
    pub fields: BTreeMap<String, String>,
    /// The platform's own names of the fields that may be changed for submitting it again.
    pub resubmit_fields: Vec<String>,
    pub created_at_ms: i64,
    /// When the last byte was acknowledged.
    pub landed_at_ms: Option<i64>,
    /// What was sent, once all parts have landed.
    pub proof: Option<Proof>,
    /// Not to be begun before.
    pub start_at_ms: Option<i64>,
    /// The uploads it is submitted together with, itself among them.
    pub together: Vec<UploadId>,
    /// Landed parts as runs `[first, count]`, and all there are.
    pub parts_landed: Vec<(u32, u32)>,
    pub parts_in_flight: Vec<u32>,
    pub parts_total: u32,
    pub part_bytes: u64,
    pub timeline: Vec<TimelineEntry>,
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct TimelineEntry {
    pub at_ms: i64,
    /// Picks the sentence: `added`, `opened`, `resumed`, `retry`, `paused`, `published`, …
    pub event: String,
    pub params: BTreeMap<String, String>,
}

/// Some uploads: these, or all that match.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct UploadSet {
    pub ids: Vec<UploadId>,
    /// Instead of `ids`: the whole queue.
    pub all: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(tag = "to", rename_all = "snake_case")]
pub enum Place {
    First,
    Last,
    Before { other: UploadId },
    After { other: UploadId },
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UploadMove {
    pub id: UploadId,
    pub place: Place,
}

/// When uploads are to be begun.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct StartAt {
    pub uploads: UploadSet,
    /// `null`: at once.
    pub at_ms: Option<i64>,
}

/// Hours of the day in which bytes may move, such as `22:00-06:00,12:00-13:30`.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Hours {
    /// `null`: at any hour, or as a painted week says.
    pub hours: Option<String>,
    /// The week is painted, see `timetable`; new hours take its place.
    pub painted: bool,
    /// Of accounts that have their own.
    pub accounts: BTreeMap<AccountId, String>,
    /// The zone that these are hours of, e.g. `Europe/Berlin`; empty when it has no name.
    pub zone: String,
    /// Its offset from UTC now, e.g. `+01:00`.
    pub offset: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct HoursChange {
    /// `null`: of all that have none of their own.
    pub account: Option<AccountId>,
    /// `null` or `off`: at any hour; for an account: as for all others.
    pub hours: Option<String>,
}

/// How many of the uploads asked for could be changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Changed {
    pub changed: u32,
}

/// A file that came in by a drop, a dialog or the command line, under an id the window may use.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
pub struct OfferedFile {
    pub file: u32,
    pub name: String,
    /// Folder, or the address of a file that is online; for display only.
    pub folder: String,
    /// 0 for a file that is online: nobody has looked at it.
    pub size_bytes: u64,
    /// A platform is to fetch it by itself.
    pub online: bool,
    /// A first title made from the name.
    pub title: String,
    pub kind: FileKind,
    /// What a video says of itself; `null` where it could not be read, and for other kinds.
    pub media: Option<Media>,
    /// Why it cannot be taken: missing, empty, a folder, unreadable.
    pub cause: Option<Cause>,
    /// Worth a look; it may be taken all the same.
    pub warning: Option<Cause>,
}

/// What a file is for, by its name.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum FileKind {
    /// Whatever is not known as something else.
    #[default]
    Video,
    Image,
    Captions,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct NewManuscripts {
    /// Ids of offered files; one manuscript each.
    pub files: Vec<u32>,
    pub accounts: Vec<AccountId>,
    /// Common fields and `platform.field`; a manuscript without `title` is named after its file.
    pub fields: BTreeMap<String, String>,
    /// What the manuscript of one file has of its own; the rest is common to all.
    pub own: BTreeMap<u32, OwnManuscript>,
    /// Offered image.
    pub cover: Option<u32>,
    /// Offered files of captions; they become the common field `captions`.
    pub captions: Vec<NewCaptions>,
    pub hold: bool,
    /// Without one the template's, else normal.
    pub priority: Option<Priority>,
    /// Not to be begun before.
    pub start_at_ms: Option<i64>,
    /// All uploads of this request are submitted together, when the last of them is ready.
    pub together: bool,
    /// Upload even where the same file went to the same account before.
    pub again: bool,
    /// The files stay offered: they are to go to further accounts.
    pub keep: bool,
    /// Name of a template for what is not said here: its fields, and its accounts where none are named.
    pub template: Option<String>,
    /// The fields hold variables, which are filled in for each file; those of a template are in any case.
    pub variables: bool,
    /// What `{index}` is for each file; without it the file's place in `files`, from 1.
    pub numbers: Vec<u32>,
}

/// What wins over the common parts, for one file of several.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct OwnManuscript {
    pub fields: BTreeMap<String, String>,
    /// Offered image.
    pub cover: Option<u32>,
    /// In place of the common ones, when there are any.
    pub captions: Vec<NewCaptions>,
}

/// A draft to be kept: the form as it is.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DraftSave {
    /// `null` for a new one.
    pub draft: Option<DraftId>,
    pub form: NewManuscripts,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct DraftSaved {
    pub draft: DraftId,
    pub at_ms: i64,
    /// What could not be kept: an address, which is a secret, while there is nowhere to keep one.
    pub cause: Option<Cause>,
}

/// A draft as the list shows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize, TS)]
pub struct DraftRow {
    pub draft: DraftId,
    pub title: String,
    pub changed_at_ms: i64,
}

/// A draft that was opened. Its files are offered anew; those that are gone say so.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Draft {
    pub draft: DraftId,
    pub changed_at_ms: i64,
    pub form: NewManuscripts,
    pub files: Vec<OfferedFile>,
}

/// What an offered video shows at a time.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct CoverFrame {
    pub file: u32,
    pub at_ms: u64,
}

/// A picture for the screen.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CoverPicture {
    /// A `data:` address.
    pub url: String,
}

/// An offered image for the screen.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct CoverImage {
    /// A `data:` address of a smaller one.
    pub url: String,
    /// As it is seen, in full size.
    pub width_px: u32,
    pub height_px: u32,
}

/// A named set of texts and choices for manuscripts to come.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct Template {
    pub name: String,
    /// Common fields and `platform.field`; variables are filled in for each file.
    #[serde(default)]
    pub fields: BTreeMap<String, String>,
    /// Labels of accounts.
    #[serde(default)]
    pub accounts: Vec<String>,
    #[serde(default)]
    pub hold: bool,
    #[serde(default)]
    pub priority: Option<Priority>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct TemplateSave {
    pub template: Template,
    /// Also where one is called so already.
    pub replace: bool,
}

/// Templates as a file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(deny_unknown_fields)]
pub struct TemplatesFile {
    /// The version of this form.
    pub slipway_templates: u32,
    pub templates: Vec<Template>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct TemplatesImport {
    /// Offered file.
    pub file: u32,
    /// Also those that are called so already.
    pub replace: bool,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct TemplatesImported {
    pub names: Vec<String>,
    /// Accounts that they name and that are not here.
    pub missing_accounts: Vec<String>,
}

/// What one file's manuscript would say.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Filled {
    pub file: u32,
    pub fields: BTreeMap<String, String>,
    /// Texts that cannot be filled in; then `fields` is as it was.
    pub faults: Vec<FieldFault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldFault {
    pub field: String,
    pub cause: Cause,
}

/// Many manuscripts out of a CSV or JSON list.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ListImport {
    /// Offered file. Paths in it may be relative to it.
    pub list: u32,
    /// What holds where a row says nothing; its files are not looked at.
    pub with: NewManuscripts,
    /// Report, and add nothing.
    pub check_only: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ListImported {
    /// Rows of the list, bad ones included.
    pub rows: u32,
    /// Manuscripts that were added, or would be.
    pub manuscripts: u32,
    pub uploads: Vec<UploadId>,
    /// Why rows were left out, in the order of the list; a row may be in it more than once.
    pub bad: Vec<RowFault>,
    /// Worth a look; these rows were taken. Not more than the first thousand.
    pub notes: Vec<RowFault>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct RowFault {
    /// Where the row begins, from 1.
    pub line: u64,
    /// `null` where it is the whole row.
    pub column: Option<String>,
    pub cause: Cause,
}

/// New values for some fields of many uploads. An empty value takes a field away.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct UploadsFields {
    pub set: UploadSet,
    pub fields: BTreeMap<String, String>,
    /// The fields hold variables; `{index}` counts in the order of `set`.
    pub variables: bool,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct FieldsSet {
    pub changed: u32,
    /// Uploads that stay as they are.
    pub refused: Vec<Refusal>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct Refusal {
    pub id: UploadId,
    pub cause: Cause,
}

/// Captions in one language: SubRip or WebVTT.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct NewCaptions {
    /// A language tag (BCP 47), e.g. `en`, `zh-Hans`.
    pub language: String,
    pub file: u32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum Priority {
    Low,
    #[default]
    Normal,
    High,
}

/// Findings for one file on one account. Empty findings: ready.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Preflight {
    pub file: u32,
    pub account: AccountId,
    pub findings: Vec<Finding>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Added {
    pub uploads: Vec<UploadId>,
}

/// New values for some fields; goes on from where it stood.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UploadFields {
    pub id: UploadId,
    pub fields: BTreeMap<String, String>,
}

/// The same bytes at another place, or other bytes that are wanted instead.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UploadFile {
    pub id: UploadId,
    pub file: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NewAccount {
    pub platform: String,
    pub label: String,
    pub settings: BTreeMap<String, String>,
    /// Write-only: they go to the keychain and are never shown again.
    pub secrets: BTreeMap<String, Secret>,
    /// Ask the platform before it is kept.
    pub check: bool,
}

/// A sign-in that has begun.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SignInStarted {
    /// To be opened in the system's browser.
    pub page: String,
    /// The browser comes back to this machine by itself; otherwise the person brings the code, or the address it is in.
    pub comes_back: bool,
}

/// What ends a sign-in.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct SignInEnd {
    pub account: AccountId,
    /// The code, or the address that the browser ended on. Without it the browser is waited for.
    pub pasted: Option<Secret>,
}

/// An upload token to be made.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NewUploadToken {
    pub account: AccountId,
    /// Its life in seconds; without one it ends when it is deleted.
    pub ttl_s: Option<u64>,
}

/// One upload token of an account.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct UploadTokenNamed {
    pub account: AccountId,
    pub token: Secret,
}

/// An upload token as its owner sees it, to be handed out.
#[derive(Clone, Serialize, Deserialize, TS)]
pub struct UploadTokenRow {
    pub token: String,
    /// Its life when it was made, in seconds; 0: until it is deleted.
    pub ttl_s: u64,
    /// As the platform writes it.
    pub created_at: Option<String>,
    /// As the platform writes it; `null`: until it is deleted.
    pub expires_at: Option<String>,
}

impl std::fmt::Debug for UploadTokenRow {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "UploadTokenRow(… {:?})", self.expires_at)
    }
}

/// A page of what an account has on its platform.
#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct WorksPage {
    pub account: AccountId,
    /// From 1.
    pub page: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WorksListing {
    /// Works in all.
    pub total: u64,
    pub page: u32,
    /// In the platform's order.
    pub works: Vec<WorkRow>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WorkRow {
    pub remote: Remote,
    pub title: String,
    /// By the platform's clock.
    pub created_at_ms: i64,
    pub state: WorkState,
    /// Why it was refused, in the platform's words.
    pub cause: Option<Cause>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum WorkState {
    /// The platform still works on it.
    Pending,
    Published,
    Refused,
}

/// New values for some fields of a work, and a new cover when one is given.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WorkEdit {
    pub account: AccountId,
    pub id: String,
    /// By common names, or by the platform's own.
    pub fields: BTreeMap<String, String>,
    /// Offered image.
    pub cover: Option<u32>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct WorkNamed {
    pub account: AccountId,
    pub id: String,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AccountField {
    pub account: AccountId,
    pub field: String,
}

/// A value that the platform offers for a field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, TS)]
pub struct FieldChoice {
    pub value: String,
    pub name: String,
}

/// What a platform last offered for a field, for when it cannot be asked.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct ChoicesKept {
    pub choices: Vec<FieldChoice>,
    /// `null`: it was never asked.
    pub at_ms: Option<i64>,
}

/// A secret on its way in. Prints as dots, and is never sent out.
#[derive(Clone, Serialize, Deserialize, TS)]
#[serde(transparent)]
pub struct Secret(pub String);

impl std::fmt::Debug for Secret {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("…")
    }
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AccountChange {
    pub account: AccountId,
    pub label: Option<String>,
    /// Replaced where named, removed where empty.
    pub settings: BTreeMap<String, String>,
    pub secrets: BTreeMap<String, Secret>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AccountRow {
    pub account: Account,
    /// Uploads that are not done.
    pub unfinished: u32,
    /// Why all of its uploads wait now.
    pub wait: Option<Wait>,
    /// By our own count, since midnight here.
    pub today: AccountToday,
    /// It signs in on a page of its platform's.
    pub signs_in: bool,
    /// It can make upload tokens for others.
    pub hands_out_tokens: bool,
    /// The speed limit of all its uploads together.
    pub limit_bytes_per_second: Option<u64>,
}

/// What an account did today.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct AccountToday {
    /// Put on the wire, those sent twice twice.
    pub sent_bytes: u64,
    /// Submissions that were made or may have been.
    pub works: u64,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct AccountChecked {
    pub account: AccountId,
    pub health: Health,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Platforms {
    pub platforms: Vec<Spec>,
}

/// What a first run may offer.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct Start {
    /// A folder for the first local account, e.g. in the user's Videos.
    pub suggested_folder: String,
    pub has_accounts: bool,
    /// Told once: the database was damaged and what came back.
    pub recovered: Option<Cause>,
    /// Whether secrets can be kept, and where.
    pub secrets: SecretsState,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, TS)]
#[serde(rename_all = "snake_case")]
pub enum SecretsState {
    Keychain,
    Vault,
    /// No keychain answers and no pass phrase was given.
    None,
}

/// The link as it is now, and what may go over it.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NetworkStatus {
    pub link: Link,
    pub class: Class,
    /// For no upload in particular.
    pub verdict: Verdict,
    /// Why nothing goes, where nothing does.
    pub wait: Option<Wait>,
    /// Networks that were decided on.
    pub networks: Vec<KnownNetwork>,
    /// Every class, the most costly first.
    pub classes: Vec<ClassRule>,
    pub pass: NetworkPass,
    /// Of the network in use.
    pub day: NetworkDay,
}

/// What went over a network today, and what may.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
pub struct NetworkDay {
    pub sent_bytes: u64,
    /// `null`: any number.
    pub budget_bytes: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NetworkBudget {
    pub network: RuleFor,
    /// A day; `null`: any number.
    pub bytes: Option<u64>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct KnownNetwork {
    pub key: String,
    /// As it was called when it was decided on.
    pub name: String,
    pub rule: Rule,
    pub day: NetworkDay,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct ClassRule {
    pub class: Class,
    pub rule: Rule,
    /// Nobody has said otherwise.
    pub is_default: bool,
    pub day: NetworkDay,
}

/// What a rule is for.
#[derive(Debug, Clone, Serialize, Deserialize, TS)]
#[serde(tag = "of", rename_all = "snake_case")]
pub enum RuleFor {
    /// The network in use.
    This,
    Known {
        key: String,
    },
    Class {
        class: Class,
    },
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct NetworkRuleSet {
    pub network: RuleFor,
    /// `null` forgets it.
    pub rule: Option<Rule>,
}

/// What may go over any link, for now.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize, TS)]
#[serde(default)]
pub struct NetworkPass {
    /// Everything, until then.
    pub until_ms: Option<i64>,
    /// These uploads, until they end.
    pub uploads: Vec<UploadId>,
}

#[derive(Debug, Clone, Serialize, Deserialize, TS)]
pub struct RowsInView {
    pub ids: Vec<UploadId>,
}

/// What changed since the last patch, merged to ten a second.
#[derive(Debug, Clone, Default, Serialize, Deserialize, TS)]
pub struct Patch {
    /// Only rows in view.
    pub rows: Vec<LiveRow>,
    pub summary: Option<Summary>,
    /// Order or number of rows changed: ask again.
    pub queue_stale: bool,
    pub accounts_stale: bool,
    /// The link, or what may go over it, is another: ask again.
    pub network_stale: bool,
    /// Watched folders, or what waits in them, changed: ask again.
    pub watches_stale: bool,
    /// Files were handed over by another start of the app, or dropped.
    pub offered: Vec<OfferedFile>,
}

#[derive(Debug, Clone, Copy, Serialize, Deserialize, TS)]
pub struct Empty {}
