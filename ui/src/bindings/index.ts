// Made from Rust by the test `the_bindings_are_fresh`; do not edit.

export type Account = { id: AccountId,
/**
 * The platform's name, e.g. `bilibili`.
 */
platform: string,
/**
 * The user's name for it; unique.
 */
label: string, settings: { [key in string]: string }, health: Health, created_at_ms: number, };

export type AccountChange = { account: AccountId, label: string | null,
/**
 * Replaced where named, removed where empty.
 */
settings: { [key in string]: string }, secrets: { [key in string]: Secret }, };

export type AccountChecked = { account: AccountId, health: Health, };

export type AccountField = { account: AccountId, field: string, };

export type AccountId = number;

export type AccountLimit = { account: AccountId,
/**
 * `null`: none.
 */
bytes_per_second: number | null, };

export type AccountRow = { account: Account,
/**
 * Uploads that are not done.
 */
unfinished: number,
/**
 * Why all of its uploads wait now.
 */
wait: Wait | null,
/**
 * By our own count, since midnight here.
 */
today: AccountToday,
/**
 * It signs in on a page of its platform's.
 */
signs_in: boolean,
/**
 * It can make upload tokens for others.
 */
hands_out_tokens: boolean,
/**
 * The speed limit of all its uploads together.
 */
limit_bytes_per_second: number | null, };

export type AccountToday = {
/**
 * Put on the wire, those sent twice twice.
 */
sent_bytes: number,
/**
 * Submissions that were made or may have been.
 */
works: number, };

export type Added = { uploads: Array<UploadId>, };

export type Afterwards = { "what": "keep" } | { "what": "move",
/**
 * Offered; `null`: the one it has.
 */
folder: number | null,
/**
 * For display only.
 */
path: string, } | { "what": "trash" };

export type Allowance = { what: Counted, left: number,
/**
 * The whole, where it is told.
 */
of: number | null,
/**
 * When the whole is there again, in ms since 1970 UTC.
 */
renews_at_ms: number | null, };

export type Audio = {
/**
 * As `ffprobe` names codecs: `aac`, `opus`, `mp3`, …
 */
codec: string, channels: number | null, sample_rate_hz: number | null, };

export type Because = { "by": "offline" } | { "by": "upload_pass" } | { "by": "timed_pass", until_ms: number, } | { "by": "network" } | { "by": "class", class: Class, } | { "by": "budget", bytes: number, until_ms: number, };

export type Cause = {
/**
 * Picks the sentence, e.g. `title_too_long`. Codes are part of the public contract.
 */
code: string,
/**
 * Fills the sentence.
 */
params: { [key in string]: string },
/**
 * For the log and the folded raw answer; shown as it is, never matched on.
 */
detail: string, };

export type Ceiling = { bytes_per_second: number, by: LimitBy, };

export type Changed = { changed: number, };

export type Choice = { value: string, label: { [key in string]: string }, };

export type ChoicesKept = { choices: Array<FieldChoice>,
/**
 * `null`: it was never asked.
 */
at_ms: number | null, };

export type Class = "metered" | "cable" | "free_wifi" | "wifi" | "cellular" | "tunnel" | "other" | "untold";

export type ClassRule = { class: Class, rule: Rule,
/**
 * Nobody has said otherwise.
 */
is_default: boolean, day: NetworkDay, };

export type Countdown = { then: Finish,
/**
 * When it is done.
 */
at_ms: number, };

export type Counted = "uploads" | "bytes" | "works" | "requests" | "disk";

export type Counts = { all: number, needs_you: number, running: number, waiting: number, with_platforms: number, done: number, failed: number, };

export type CoverFrame = { file: number, at_ms: number, };

export type CoverImage = {
/**
 * A `data:` address of a smaller one.
 */
url: string,
/**
 * As it is seen, in full size.
 */
width_px: number, height_px: number, };

export type CoverLimits = {
/**
 * Zero means none, here and below.
 */
max_bytes: number, min_width_px: number, min_height_px: number,
/**
 * What the platform takes of `jpg` and `png`; always the first of them.
 */
formats: Array<string>,
/**
 * What the platform shows covers in; `None` takes any.
 */
ratio: Ratio | null, };

export type CoverPicture = {
/**
 * A `data:` address.
 */
url: string, };

export type Credential = "sign_in" | "app_password" | "access_key" | "api_key" | "temporary_key" | "upload_token" | "service";

export type Cure = { "do": "edit" } | { "do": "shorten", to: LengthLimit, } | { "do": "keep_first", count: number, } | { "do": "take_out" } | { "do": "choose_cover" } | { "do": "sign_in" } | { "do": "upload_again" } | { "do": "start_now" } | { "do": "set_time", at_ms: number, };

export type Draft = { draft: DraftId, changed_at_ms: number, form: NewManuscripts, files: Array<OfferedFile>, };

export type DraftId = number;

export type DraftRow = { draft: DraftId, title: string, changed_at_ms: number, };

export type DraftSave = {
/**
 * `null` for a new one.
 */
draft: DraftId | null, form: NewManuscripts, };

export type DraftSaved = { draft: DraftId, at_ms: number,
/**
 * What could not be kept: an address, which is a secret, while there is nowhere to keep one.
 */
cause: Cause | null, };

export type Empty = Record<symbol, never>;

export type Failure = { code: string, params: { [key in string]: string }, detail: string, };

export type Field = {
/**
 * The platform's own parameter name.
 */
name: string, kind: FieldKind, required: boolean,
/**
 * Required only when another field has one of these values, e.g. `source` for reposts.
 */
required_when: RequiredWhen | null, max: LengthLimit | null,
/**
 * In UTF-8, where a site counts both characters and bytes.
 */
bytes_max: number | null,
/**
 * Shorter is refused; nothing at all is not.
 */
min: LengthLimit | null,
/**
 * For tags.
 */
tags: TagLimits | null,
/**
 * Characters that are refused, as code points from and to.
 */
refuses: Array<[number, number]>,
/**
 * Of an integer; of a time, how many seconds from now it may be.
 */
range: [number, number] | null, choices: Array<Choice>,
/**
 * The platform has a list of values for each account, to choose from; others may be typed.
 */
listed: boolean, default: string | null,
/**
 * The common field this one is linked to.
 */
from: string | null,
/**
 * Belongs behind 'more settings' on a form.
 */
advanced: boolean, label: { [key in string]: string }, help: { [key in string]: string }, };

export type FieldChoice = { value: string, name: string, };

export type FieldFault = { field: string, cause: Cause, };

export type FieldKind = "text" | "multiline" | "tags" | "integer" | "bool" | "choice" | "time" | "folder" | "url" | "image" | "secret";

export type FieldsSet = { changed: number,
/**
 * Uploads that stay as they are.
 */
refused: Array<Refusal>, };

export type FileKind = "video" | "image" | "captions";

export type FileWait = { "reason": "growing", bytes_per_second: number, } | { "reason": "resting", until_ms: number, } | { "reason": "empty" } | { "reason": "young", until_ms: number, } | { "reason": "open", since_ms: number, program: string | null, } | { "reason": "unreadable", cause: Cause, } | { "reason": "ready" } | { "reason": "refused", cause: Cause, } | { "reason": "twice", cause: Cause, } | { "reason": "stays", cause: Cause, };

export type Filled = { file: number, fields: { [key in string]: string },
/**
 * Texts that cannot be filled in; then `fields` is as it was.
 */
faults: Array<FieldFault>, };

export type Finding = { severity: Severity,
/**
 * The platform's field it belongs to, where it belongs to one.
 */
field: string | null, cause: Cause, cure: Cure | null, };

export type Finish = "nothing" | "sleep" | "hibernate" | "shut_down";

export type Health = { state: HealthState,
/**
 * The platform's name for the identity, e.g. the channel's.
 */
identity: string | null,
/**
 * Where on the platform: its region, environment or domain, in the platform's own word.
 */
place: string | null, credential: Credential | null,
/**
 * End of the sign-in, in ms since 1970 UTC.
 */
valid_until_ms: number | null,
/**
 * It is renewed before its end, with nobody's help.
 */
renews: boolean,
/**
 * What was consented to, in the platform's own words; empty where it tells none.
 */
scopes: Array<string>,
/**
 * Empty where the platform tells of none.
 */
allowances: Array<Allowance>, checked_at_ms: number | null, cause: Cause | null, };

export type HealthState = "unknown" | "ready" | "signed_out" | "troubled";

export type HistoryDay = {
/**
 * Midnight here.
 */
start_ms: number, uploads: number, bytes: number, };

export type HistoryFilter = {
/**
 * Words found in title, file name, link, remote id or account.
 */
search: string | null, platform: string | null, account: AccountId | null,
/**
 * Published, failed, cancelled, or processing.
 */
phase: PhaseName | null, since_ms: number | null,
/**
 * The first moment that is not wanted any more.
 */
until_ms: number | null, };

export type HistoryOverview = { uploads: number, bytes: number,
/**
 * The oldest of them.
 */
since_ms: number | null, days: Array<HistoryDay>,
/**
 * Accounts that anything was ever sent to, whatever the filter.
 */
accounts: Array<PastAccount>, };

export type HistoryRow = { id: UploadId,
/**
 * When it ended; while it is with its platform, when that took it.
 */
at_ms: number, title: string, file: string, account: AccountId, account_label: string, platform: string, phase: PhaseName, total_bytes: number, started_at_ms: number,
/**
 * When the last byte was acknowledged; `null` when it never was, or an earlier version did not keep it.
 */
landed_at_ms: number | null,
/**
 * Over all the time from the beginning to the last byte, waits included.
 */
bytes_per_second: number | null, remote: Remote | null, cause: Cause | null,
/**
 * The queue knows it no more.
 */
removed: boolean, };

export type HistoryWindow = { filter: HistoryFilter, offset: number,
/**
 * At most 500.
 */
limit: number, };

export type Hours = {
/**
 * `null`: at any hour, or as a painted week says.
 */
hours: string | null,
/**
 * The week is painted, see `timetable`; new hours take its place.
 */
painted: boolean,
/**
 * Of accounts that have their own.
 */
accounts: { [key in AccountId]: string },
/**
 * The zone that these are hours of, e.g. `Europe/Berlin`; empty when it has no name.
 */
zone: string,
/**
 * Its offset from UTC now, e.g. `+01:00`.
 */
offset: string, };

export type HoursChange = {
/**
 * `null`: of all that have none of their own.
 */
account: AccountId | null,
/**
 * `null` or `off`: at any hour; for an account: as for all others.
 */
hours: string | null, };

export type Intent = "run" | "hold";

export type KnownNetwork = { key: string,
/**
 * As it was called when it was decided on.
 */
name: string, rule: Rule, day: NetworkDay, };

export type LengthLimit = { count: number, of: LengthUnit, };

export type LengthUnit = "utf16" | "scalar" | "byte" | "grapheme";

export type Level = "full" | "cap" | "turtle" | "off";

export type Limit = {
/**
 * `null`: none.
 */
bytes_per_second: number | null, };

export type LimitBy = "hand" | "turtle" | "timetable";

export type Limits = { part_min_bytes: number, part_max_bytes: number,
/**
 * The size taken when nothing speaks for another.
 */
part_bytes: number, parts_max: number,
/**
 * All parts but the last must be of one size.
 */
parts_equal: boolean,
/**
 * The same part may be sent twice at once: the last, or the first, wins with the same bytes.
 */
parts_idempotent: boolean,
/**
 * Parts of one upload in flight.
 */
parts_at_once: number,
/**
 * Uploads of one account in flight.
 */
uploads_at_once: number, file_max_bytes: number,
/**
 * Larger than this is allowed but worth a warning.
 */
file_warn_bytes: number,
/**
 * Least seconds between two submissions of one account.
 */
submit_spacing_s: number,
/**
 * For how long it keeps all bytes unpublished, in seconds, counted from the first; 0: the last byte publishes. None: no end is known.
 */
unpublished_s: number | null,
/**
 * File extensions the platform recommends, lower case; others bring a warning. Empty: any.
 */
extensions: Array<string>,
/**
 * Others are refused.
 */
extensions_only: boolean, media: MediaLimits, cover: CoverLimits | null, };

export type Line = { order: LineOrder, uploads_at_once: number,
/**
 * To one host; `null` follows the line.
 */
parts_at_once: number | null,
/**
 * Leaves room for calls and streams on the same line, see [`crate::headroom`].
 */
headroom: boolean,
/**
 * Uploads at once to platforms that have a number of their own, by name; their own bounds hold as well.
 */
platforms: { [key in string]: number }, };

export type LineOrder = "finish_first" | "share";

export type Link = { online: boolean, kind: LinkKind, metered: Metered, told_by: Teller,
/**
 * The name of the Wi-Fi or of the connection.
 */
name: string | null,
/**
 * What this network is known again by; `None` where nothing tells it from others.
 */
key: string | null, under: Link | null, };

export type LinkKind = "ethernet" | "wifi" | "cellular" | "vpn" | "other";

export type ListImport = {
/**
 * Offered file. Paths in it may be relative to it.
 */
list: number,
/**
 * What holds where a row says nothing; its files are not looked at.
 */
with: NewManuscripts,
/**
 * Report, and add nothing.
 */
check_only: boolean, };

export type ListImported = {
/**
 * Rows of the list, bad ones included.
 */
rows: number,
/**
 * Manuscripts that were added, or would be.
 */
manuscripts: number, uploads: Array<UploadId>,
/**
 * Why rows were left out, in the order of the list; a row may be in it more than once.
 */
bad: Array<RowFault>,
/**
 * Worth a look; these rows were taken. Not more than the first thousand.
 */
notes: Array<RowFault>, };

export type LiveRow = { id: UploadId, phase: PhaseName, intent: Intent,
/**
 * Acknowledged by the platform.
 */
held_bytes: number,
/**
 * Put on the wire for bytes not yet acknowledged; at least `held_bytes`, at most `total_bytes`.
 */
sent_bytes: number, total_bytes: number,
/**
 * Bytes that had to be sent more than once.
 */
resent_bytes: number, bytes_per_second: number,
/**
 * `null` when none is known.
 */
eta_seconds: number | null,
/**
 * Set for some minutes after a break: where it went on.
 */
resumed_at_bytes: number | null,
/**
 * Why it does not move now.
 */
wait: Wait | null,
/**
 * Why it failed.
 */
cause: Cause | null, remote: Remote | null,
/**
 * Refused, and looked at again by its platform when its text is changed there.
 */
resubmittable: boolean,
/**
 * Its own speed limit.
 */
limit_bytes_per_second: number | null,
/**
 * When it reached its phase.
 */
phase_at_ms: number, };

export type ManuscriptId = number;

export type Media = {
/**
 * A short name: `mp4`, `mov`, `matroska`, `webm`, `flv`, `mpegts`, `gif`, or as `ffprobe` calls it.
 */
container: string, duration_ms: number | null,
/**
 * The first track of pictures.
 */
video: Video | null,
/**
 * The first track of sound.
 */
audio: Audio | null, };

export type MediaLimits = { duration_max_ms: number,
/**
 * As `ffprobe` names codecs.
 */
video_codecs: Array<string>, audio_codecs: Array<string>,
/**
 * Longest side of the picture.
 */
side_max_px: number, frames_per_second_max: number,
/**
 * Of the whole file, at the mean.
 */
bits_per_second_max: number, channels_max: number, sample_rate_max_hz: number, };

export type Metered = "yes" | "no" | "unknown";

export type NetworkBudget = { network: RuleFor,
/**
 * A day; `null`: any number.
 */
bytes: number | null, };

export type NetworkDay = { sent_bytes: number,
/**
 * `null`: any number.
 */
budget_bytes: number | null, };

export type NetworkPass = {
/**
 * Everything, until then.
 */
until_ms: number | null,
/**
 * These uploads, until they end.
 */
uploads: Array<UploadId>, };

export type NetworkRuleSet = { network: RuleFor,
/**
 * `null` forgets it.
 */
rule: Rule | null, };

export type NetworkStatus = { link: Link, class: Class,
/**
 * For no upload in particular.
 */
verdict: Verdict,
/**
 * Why nothing goes, where nothing does.
 */
wait: Wait | null,
/**
 * Networks that were decided on.
 */
networks: Array<KnownNetwork>,
/**
 * Every class, the most costly first.
 */
classes: Array<ClassRule>, pass: NetworkPass,
/**
 * Of the network in use.
 */
day: NetworkDay, };

export type NewAccount = { platform: string, label: string, settings: { [key in string]: string },
/**
 * Write-only: they go to the keychain and are never shown again.
 */
secrets: { [key in string]: Secret },
/**
 * Ask the platform before it is kept.
 */
check: boolean, };

export type NewCaptions = {
/**
 * A language tag (BCP 47), e.g. `en`, `zh-Hans`.
 */
language: string, file: number, };

export type NewManuscripts = {
/**
 * Ids of offered files; one manuscript each.
 */
files: Array<number>, accounts: Array<AccountId>,
/**
 * Common fields and `platform.field`; a manuscript without `title` is named after its file.
 */
fields: { [key in string]: string },
/**
 * What the manuscript of one file has of its own; the rest is common to all.
 */
own: { [key in number]: OwnManuscript },
/**
 * Offered image.
 */
cover: number | null,
/**
 * Offered files of captions; they become the common field `captions`.
 */
captions: Array<NewCaptions>, hold: boolean,
/**
 * Without one the template's, else normal.
 */
priority: Priority | null,
/**
 * Not to be begun before.
 */
start_at_ms: number | null,
/**
 * All uploads of this request are submitted together, when the last of them is ready.
 */
together: boolean,
/**
 * Upload even where the same file went to the same account before.
 */
again: boolean,
/**
 * The files stay offered: they are to go to further accounts.
 */
keep: boolean,
/**
 * Name of a template for what is not said here: its fields, and its accounts where none are named.
 */
template: string | null,
/**
 * The fields hold variables, which are filled in for each file; those of a template are in any case.
 */
variables: boolean,
/**
 * What `{index}` is for each file; without it the file's place in `files`, from 1.
 */
numbers: Array<number>, };

export type NewUploadToken = { account: AccountId,
/**
 * Its life in seconds; without one it ends when it is deleted.
 */
ttl_s: number | null, };

export type NewWatch = {
/**
 * Offered.
 */
folder: number, rule: WatchRule,
/**
 * What lies in it now is left out.
 */
new_only: boolean, };

export type NoticeChoices = {
/**
 * Kinds that are not told.
 */
off: Array<NoticeKind>,
/**
 * Hours of the day without a notice, such as `22:00-07:00`; what comes then is told after them. `null`: none.
 */
quiet: string | null, };

export type NoticeKind = "needs_you" | "refused" | "waits" | "done" | "published";

export type OfferedFile = { file: number, name: string,
/**
 * Folder, or the address of a file that is online; for display only.
 */
folder: string,
/**
 * 0 for a file that is online: nobody has looked at it.
 */
size_bytes: number,
/**
 * A platform is to fetch it by itself.
 */
online: boolean,
/**
 * A first title made from the name.
 */
title: string, kind: FileKind,
/**
 * What a video says of itself; `null` where it could not be read, and for other kinds.
 */
media: Media | null,
/**
 * Why it cannot be taken: missing, empty, a folder, unreadable.
 */
cause: Cause | null,
/**
 * Worth a look; it may be taken all the same.
 */
warning: Cause | null, };

export type OfferedFolder = { folder: number,
/**
 * Its last names.
 */
name: string,
/**
 * For display only.
 */
path: string,
/**
 * Why it cannot be used now.
 */
cause: Cause | null, };

export type OwnManuscript = { fields: { [key in string]: string },
/**
 * Offered image.
 */
cover: number | null,
/**
 * In place of the common ones, when there are any.
 */
captions: Array<NewCaptions>, };

export type PastAccount = { id: AccountId, platform: string, label: string, removed: boolean, };

export type Patch = {
/**
 * Only rows in view.
 */
rows: Array<LiveRow>, summary: Summary | null,
/**
 * Order or number of rows changed: ask again.
 */
queue_stale: boolean, accounts_stale: boolean,
/**
 * The link, or what may go over it, is another: ask again.
 */
network_stale: boolean,
/**
 * Watched folders, or what waits in them, changed: ask again.
 */
watches_stale: boolean,
/**
 * Files were handed over by another start of the app, or dropped.
 */
offered: Array<OfferedFile>, };

export type PhaseName = "queued" | "opening" | "sending" | "committing" | "processing" | "published" | "failed" | "cancelled";

export type Place = { "to": "first" } | { "to": "last" } | { "to": "before", other: UploadId, } | { "to": "after", other: UploadId, };

export type Platforms = { platforms: Array<Spec>, };

export type Power = {
/**
 * No sleep while bytes go.
 */
keep_awake: boolean,
/**
 * It is so now.
 */
is_awake: boolean,
/**
 * Once, when nothing is left to send.
 */
then: Finish,
/**
 * Also where some failed or wait for a person.
 */
even_if_failed: boolean,
/**
 * What this machine can do without asking anybody.
 */
offered: Array<Finish>, countdown: Countdown | null, };

export type PowerChange = { keep_awake: boolean | null, then: Finish | null, even_if_failed: boolean | null, };

export type Preflight = { file: number, account: AccountId, findings: Array<Finding>, };

export type Present = { level: Level,
/**
 * When it changes, in ms since 1970 UTC; `null`: not within a week.
 */
until_ms: number | null,
/**
 * What it is then.
 */
next: Level | null, };

export type Priority = "low" | "normal" | "high";

export type Proof = {
/**
 * Of the whole file, in hex. `None` where no byte of it came by here.
 */
blake3: string | null,
/**
 * CRC-64/NVME of the whole file, in hex.
 */
crc64: string | null, parts: number,
/**
 * Size of the first part; later ones may be smaller.
 */
part_bytes: number,
/**
 * What the platform answered to each part, in their order, where that is a checksum; empty for other answers, and beyond [`Proof::ANSWERS_MOST`].
 */
answers: Array<string>, };

export type Proxy = { way: Way,
/**
 * Empty where the way is no proxy, as all that follows.
 */
host: string, port: number | null, user: string,
/**
 * Hosts that are reached straight, separated by commas, as in `NO_PROXY`: names with all below them, addresses,
 * networks, or `*` for all names.
 */
except: string, };

export type ProxyChange = { proxy: Proxy,
/**
 * `null`: as it is, where the proxy is the same, else none. Empty: none.
 */
password: Secret | null, };

export type ProxySetting = { proxy: Proxy,
/**
 * A password is kept for it; it is never shown.
 */
has_password: boolean,
/**
 * Host and port of the system's own, where it has one.
 */
system: string | null, };

export type QueuePage = {
/**
 * Rows that match, in the whole queue.
 */
total: number, offset: number, rows: Array<UploadRow>, };

export type QueueWindow = { show: Show,
/**
 * Text found in title, file name or account.
 */
search: string | null, account: AccountId | null, phase: PhaseName | null, offset: number,
/**
 * At most 500.
 */
limit: number, };

export type Ratio = string;

export type ReceiptPage = { id: UploadId,
/**
 * `en`, `zh-CN` or `ja`.
 */
language: string, };

export type Refusal = { id: UploadId, cause: Cause, };

export type Remote = {
/**
 * The platform's id of the work.
 */
id: string, url: string | null,
/**
 * The platform's words for the state it is in, for display.
 */
words: string | null, };

export type Report = {
/**
 * It is saved by this, just as it was shown.
 */
number: number, files: Array<ReportFile>, };

export type ReportAsked = {
/**
 * Names of files and folders stay in it.
 */
names: boolean, };

export type ReportFile = { name: string, text: string, };

export type RequiredWhen = { field: string, is: string, };

export type Rest = {
/**
 * No bytes move before; `null`: they move.
 */
until_ms: number | null, };

export type RowFault = {
/**
 * Where the row begins, from 1.
 */
line: number,
/**
 * `null` where it is the whole row.
 */
column: string | null, cause: Cause, };

export type RowsInView = { ids: Array<UploadId>, };

export type Rule = { "do": "go" } | { "do": "cap", bytes_per_second: number, } | { "do": "wait" } | { "do": "ask" };

export type RuleFor = { "of": "this" } | { "of": "known", key: string, } | { "of": "class", class: Class, };

export type Secret = string;

export type SecretsState = "keychain" | "vault" | "none";

export type SendAgain = { file: OfferedFile, cover: OfferedFile | null,
/**
 * `null` when the account was removed.
 */
account: AccountId | null, fields: { [key in string]: string }, };

export type SettingsImport = {
/**
 * Offered.
 */
file: number,
/**
 * Else it is only told what would change.
 */
apply: boolean, };

export type SettingsImported = {
/**
 * What changes, or has changed.
 */
changes: Array<Cause>,
/**
 * What the file says and is left out, and why.
 */
left_out: Array<Cause>, applied: boolean, };

export type Severity = "green" | "amber" | "red";

export type Show = "all" | "needs_you" | "running" | "waiting" | "with_platforms" | "done" | "failed";

export type SignInEnd = { account: AccountId,
/**
 * The code, or the address that the browser ended on. Without it the browser is waited for.
 */
pasted: Secret | null, };

export type SignInStarted = {
/**
 * To be opened in the system's browser.
 */
page: string,
/**
 * The browser comes back to this machine by itself; otherwise the person brings the code, or the address it is in.
 */
comes_back: boolean, };

export type Spec = {
/**
 * Stable name, used in settings and on the command line.
 */
name: string,
/**
 * The name people know, per language.
 */
label: { [key in string]: string },
/**
 * Two letters for the mark beside an account.
 */
mark: string,
/**
 * Whether bytes leave this machine: a local folder needs no network.
 */
remote: boolean,
/**
 * The ticket is a bearer secret and is sealed before it is stored.
 */
ticket_is_secret: boolean,
/**
 * The commit compares the whole file's checksum; where it does not, none is put together.
 */
whole_checksum: boolean,
/**
 * It fetches a file that is online by itself.
 */
takes_online: boolean, limits: Limits,
/**
 * Account settings that are not secret.
 */
settings: Array<Field>,
/**
 * Account secrets; they go to the keychain.
 */
secrets: Array<Field>,
/**
 * Fields of a manuscript, in the order they are drawn.
 */
fields: Array<Field>, };

export type Speed = {
/**
 * Set by hand.
 */
limit_bytes_per_second: number | null, turtle: Turtle,
/**
 * What the timetable says of now.
 */
timetable: Present,
/**
 * The timetable's level `cap`.
 */
level_bytes_per_second: number,
/**
 * The lowest of all that hold now; `null` is no limit.
 */
in_force: Ceiling | null,
/**
 * In bytes per second: what leaves room for calls and streams, while that is wished and something is sent.
 */
headroom: number | null, };

export type Standstill = { why: Why,
/**
 * When it ends by itself, in ms since 1970 UTC; `None` where that is not known.
 */
until_ms: number | null,
/**
 * Its sentence: a code and what fills it. `{cause}` is the first sentence of [`Standstill::cause`].
 */
said: Cause, cause: Cause | null, };

export type Start = {
/**
 * A folder for the first local account, e.g. in the user's Videos.
 */
suggested_folder: string, has_accounts: boolean,
/**
 * Told once: the database was damaged and what came back.
 */
recovered: Cause | null,
/**
 * Whether secrets can be kept, and where.
 */
secrets: SecretsState, };

export type StartAt = { uploads: UploadSet,
/**
 * `null`: at once.
 */
at_ms: number | null, };

export type Step = { number: number, at_ms: number,
/**
 * Picks the sentence `event.…`.
 */
event: string, params: { [key in string]: string }, };

export type StepsAsked = { id: UploadId,
/**
 * The number of the last line that is known; 0 for none.
 */
after: number, };

export type Summary = { counts: Counts,
/**
 * Acknowledged, all uploads together, over the last seconds.
 */
bytes_per_second: number,
/**
 * For what may run now; `null` when none is known.
 */
eta_seconds: number | null,
/**
 * Bytes still to send of what may run now.
 */
left_bytes: number, speed: Speed,
/**
 * The whole queue is held by the user.
 */
paused: boolean,
/**
 * Held until then; `null` where it is not, or for good.
 */
rests_until_ms: number | null,
/**
 * Bytes in all of what may run now.
 */
moving_bytes: number,
/**
 * Why no bytes move, when none do.
 */
idle: Standstill | null,
/**
 * All is sent, and the machine is about to end its day.
 */
countdown: Countdown | null, };

export type TagLimits = { count: number, each: LengthLimit | null, each_bytes_max: number | null,
/**
 * What the platform is known to do elsewhere: more than that is worth a look and not refused here.
 */
usual: boolean, };

export type Teller = "network_manager" | "portal" | "routes" | "windows" | "mac_os" | "nobody";

export type Template = { name: string,
/**
 * Common fields and `platform.field`; variables are filled in for each file.
 */
fields: { [key in string]: string },
/**
 * Labels of accounts.
 */
accounts: Array<string>, hold: boolean, priority: Priority | null, };

export type TemplateSave = { template: Template,
/**
 * Also where one is called so already.
 */
replace: boolean, };

export type TemplatesFile = {
/**
 * The version of this form.
 */
slipway_templates: number, templates: Array<Template>, };

export type TemplatesImport = {
/**
 * Offered file.
 */
file: number,
/**
 * Also those that are called so already.
 */
replace: boolean, };

export type TemplatesImported = { names: Array<string>,
/**
 * Accounts that they name and that are not here.
 */
missing_accounts: Array<string>, };

export type TimelineEntry = { at_ms: number,
/**
 * Picks the sentence: `added`, `opened`, `resumed`, `retry`, `paused`, `published`, …
 */
event: string, params: { [key in string]: string }, };

export type Timetable = {
/**
 * One for each hour, from Monday at midnight.
 */
week: Array<Level>,
/**
 * What the level `cap` is.
 */
cap_bytes_per_second: number,
/**
 * Set as hours of the day, to the minute; then an hour that is not open to its end is off in `week`.
 */
hours: string | null, now: Present,
/**
 * The day of the week from Monday, 0 to 6, and the hour, here and now.
 */
day: number, hour: number,
/**
 * The zone that these are hours of, e.g. `Europe/Berlin`; empty when it has no name.
 */
zone: string,
/**
 * Its offset from UTC now, e.g. `+01:00`.
 */
offset: string, };

export type TimetableChange = {
/**
 * One for each hour, from Monday at midnight.
 */
week: Array<Level> | null, cap_bytes_per_second: number | null, };

export type Turtle = { on: boolean, bytes_per_second: number, };

export type TurtleChange = { on: boolean | null, bytes_per_second: number | null, };

export type UploadDetail = { row: UploadRow,
/**
 * Folder and name for display only.
 */
path: string, fields: { [key in string]: string },
/**
 * The platform's own names of the fields that may be changed for submitting it again.
 */
resubmit_fields: Array<string>, created_at_ms: number,
/**
 * When the last byte was acknowledged.
 */
landed_at_ms: number | null,
/**
 * What was sent, once all parts have landed.
 */
proof: Proof | null,
/**
 * Not to be begun before.
 */
start_at_ms: number | null,
/**
 * The uploads it is submitted together with, itself among them.
 */
together: Array<UploadId>,
/**
 * Landed parts as runs `[first, count]`, and all there are.
 */
parts_landed: Array<[number, number]>, parts_in_flight: Array<number>, parts_total: number, part_bytes: number, timeline: Array<TimelineEntry>, };

export type UploadFields = { id: UploadId, fields: { [key in string]: string }, };

export type UploadFile = { id: UploadId, file: number, };

export type UploadId = number;

export type UploadMove = { id: UploadId, place: Place, };

export type UploadReceipt = { row: HistoryRow,
/**
 * The platform fetched the file itself: none of its bytes came by here, so there is no hash.
 */
online: boolean,
/**
 * Path, or what may be shown of an address.
 */
path: string, fields: { [key in string]: string },
/**
 * What was sent; `null` when not all parts have landed, or an earlier version did not keep it.
 */
proof: Proof | null, held_bytes: number,
/**
 * Put on the wire, those sent twice twice.
 */
sent_bytes: number, resent_bytes: number, created_at_ms: number, submitted_at_ms: number | null, finished_at_ms: number | null, timeline: Array<TimelineEntry>,
/**
 * Of the program that made this receipt.
 */
version: string, };

export type UploadRow = { id: UploadId, manuscript: ManuscriptId, title: string,
/**
 * File name, made printable.
 */
file: string, account: AccountId, account_label: string, platform: string,
/**
 * The row above is the same manuscript for another account.
 */
sibling: boolean, live: LiveRow, };

export type UploadSet = { ids: Array<UploadId>,
/**
 * Instead of `ids`: the whole queue.
 */
all: boolean, };

export type UploadTokenNamed = { account: AccountId, token: Secret, };

export type UploadTokenRow = { token: string,
/**
 * Its life when it was made, in seconds; 0: until it is deleted.
 */
ttl_s: number,
/**
 * As the platform writes it.
 */
created_at: string | null,
/**
 * As the platform writes it; `null`: until it is deleted.
 */
expires_at: string | null, };

export type UploadsFields = { set: UploadSet, fields: { [key in string]: string },
/**
 * The fields hold variables; `{index}` counts in the order of `set`.
 */
variables: boolean, };

export type UploadsLimit = { uploads: UploadSet,
/**
 * `null`: none.
 */
bytes_per_second: number | null, };

export type Verdict = { rule: Rule, because: Because, };

export type Video = {
/**
 * As `ffprobe` names codecs: `h264`, `hevc`, `av1`, `vp9`, …; a container's own name where it is not known.
 */
codec: string,
/**
 * Width and height as they are stored.
 */
stored_px: [number, number],
/**
 * Width and height as they are seen: the shape of the pixels applied, and turned.
 */
shown_px: [number, number],
/**
 * Clockwise, as the player has to turn it: 0, 90, 180 or 270.
 */
rotation_deg: number,
/**
 * Frames in a second; the mean where they vary.
 */
frames_per_second: number | null,
/**
 * Frames come at uneven times; `None` where the container does not tell.
 */
is_variable: boolean | null, };

export type Wait = { "reason": "turn", ahead: number, } | { "reason": "start_at", until_ms: number, } | { "reason": "hours", until_ms: number, } | { "reason": "paused", until_ms: number, } | { "reason": "publish_at", until_ms: number, } | { "reason": "together", others: number, stopped: Cause | null, } | { "reason": "retry", until_ms: number, cause: Cause, } | { "reason": "quota", until_ms: number, cause: Cause, } | { "reason": "sign_in", cause: Cause, } | { "reason": "file_missing", cause: Cause, } | { "reason": "file_changed", cause: Cause, } | { "reason": "disk", until_ms: number, cause: Cause, } | { "reason": "secrets", cause: Cause, } | { "reason": "network", cause: Cause,
/**
 * Its user has to say what it costs.
 */
asks: boolean,
/**
 * When it opens by itself, where that is known.
 */
until_ms: number | null, } | { "reason": "platform", until_ms: number, };

export type WaitingFile = {
/**
 * Names it while the engine runs.
 */
file: number, name: string,
/**
 * The folder beneath the watched one that it lies in; empty for none.
 */
beneath: string, size_bytes: number, seen_at_ms: number, wait: FileWait, };

export type WatchChange = { watch: WatchId, rule: WatchRule, };

export type WatchFiles = { total: number, files: Array<WaitingFile>, };

export type WatchFilesPage = { watch: WatchId, offset: number,
/**
 * At most 500.
 */
limit: number, };

export type WatchId = number;

export type WatchPick = { watch: WatchId, files: Array<number>, };

export type WatchRow = { watch: WatchId,
/**
 * Its last names.
 */
name: string,
/**
 * For display only.
 */
folder: string,
/**
 * It lies on a disk of its own.
 */
is_drive: boolean, rule: WatchRule, state: WatchState,
/**
 * When it was switched on or off.
 */
switched_at_ms: number,
/**
 * When all of it was looked at last; `null`: not yet since the engine began.
 */
last_look_ms: number | null, next_look_ms: number | null,
/**
 * Files that became uploads, and since when.
 */
taken: number, first_taken_ms: number | null,
/**
 * What is worth knowing about the watch itself.
 */
notes: Array<Cause>,
/**
 * The first of the files that wait, those that need somebody before the others.
 */
waits: Array<WaitingFile>, waits_total: number,
/**
 * Of these, those that only somebody can help.
 */
needs_you: number, };

export type WatchRule = {
/**
 * Globs of the name, or with a `/` of the path beneath the folder. Without any: all videos.
 */
patterns: Array<string>, min_bytes: number | null, max_bytes: number | null,
/**
 * Not before it is so old.
 */
min_age_seconds: number | null,
/**
 * Not when it is older.
 */
max_age_seconds: number | null, sub_folders: boolean,
/**
 * How long size and time must rest.
 */
settle_seconds: number,
/**
 * Without any those of the template.
 */
accounts: Array<AccountId>, template: string | null,
/**
 * Common fields and `platform.field`; variables are filled in for each file.
 */
fields: { [key in string]: string }, hold: boolean, priority: Priority | null, afterwards: Afterwards, };

export type WatchState = { "is": "watching" } | { "is": "waiting", cause: Cause, since_ms: number, } | { "is": "off" } | { "is": "resting" };

export type WatchSwitch = { watch: WatchId, on: boolean, };

export type Way = "system" | "off" | "http" | "https" | "socks5";

export type Why = "nothing" | "done" | "paused" | "not_running" | "network" | "budget" | "hours" | "start_at" | "publish_at" | "together" | "retry" | "quota" | "disk" | "needs_you" | "working" | "platform";

export type WorkEdit = { account: AccountId, id: string,
/**
 * By common names, or by the platform's own.
 */
fields: { [key in string]: string },
/**
 * Offered image.
 */
cover: number | null, };

export type WorkNamed = { account: AccountId, id: string, };

export type WorkRow = { remote: Remote, title: string,
/**
 * By the platform's clock.
 */
created_at_ms: number, state: WorkState,
/**
 * Why it was refused, in the platform's words.
 */
cause: Cause | null, };

export type WorkState = "pending" | "published" | "refused";

export type WorksListing = {
/**
 * Works in all.
 */
total: number, page: number,
/**
 * In the platform's order.
 */
works: Array<WorkRow>, };

export type WorksPage = { account: AccountId,
/**
 * From 1.
 */
page: number, };

/** Every command: its request and its answer. */
export interface Commands {
  start: [Empty, Start];
  queue_window: [QueueWindow, QueuePage];
  queue_summary: [Empty, Summary];
  queue_index: [UploadId, number | null];
  queue_watch: [RowsInView, Empty];
  upload_detail: [UploadId, UploadDetail];
  upload_steps: [StepsAsked, Array<Step>];
  report: [ReportAsked, Report];
  uploads_pause: [UploadSet, Changed];
  uploads_resume: [UploadSet, Changed];
  uploads_cancel: [UploadSet, Changed];
  uploads_retry: [UploadSet, Changed];
  uploads_remove: [UploadSet, Changed];
  upload_move: [UploadMove, Empty];
  uploads_start_at: [StartAt, Changed];
  uploads_let_go: [UploadSet, Changed];
  uploads_leave: [UploadSet, Changed];
  upload_set_fields: [UploadFields, Empty];
  uploads_set_fields: [UploadsFields, FieldsSet];
  upload_set_file: [UploadFile, Empty];
  upload_resubmit: [UploadFields, Empty];
  history_overview: [HistoryFilter, HistoryOverview];
  history_window: [HistoryWindow, Array<HistoryRow>];
  history_again: [UploadId, SendAgain];
  receipt: [UploadId, UploadReceipt];
  receipt_page: [ReceiptPage, string];
  files_offered: [Empty, Array<OfferedFile>];
  files_forget: [Array<number>, Empty];
  addresses_offer: [Array<Secret>, Array<OfferedFile>];
  cover_frame: [CoverFrame, CoverPicture];
  cover_frame_keep: [CoverFrame, OfferedFile];
  cover_image: [number, CoverImage];
  manuscripts_check: [NewManuscripts, Array<Preflight>];
  manuscripts_add: [NewManuscripts, Added];
  drafts: [Empty, Array<DraftRow>];
  draft_save: [DraftSave, DraftSaved];
  draft_open: [DraftId, Draft];
  draft_remove: [DraftId, Empty];
  manuscripts_import: [ListImport, ListImported];
  list_header: [Array<string>, string];
  templates: [Empty, Array<Template>];
  template_save: [TemplateSave, Empty];
  template_remove: [string, Empty];
  templates_import: [TemplatesImport, TemplatesImported];
  templates_export: [Array<string>, TemplatesFile];
  templates_preview: [NewManuscripts, Array<Filled>];
  platforms: [Empty, Platforms];
  accounts: [Empty, Array<AccountRow>];
  account_add: [NewAccount, Account];
  account_check: [AccountId, AccountChecked];
  account_set: [AccountChange, Account];
  account_remove: [AccountId, Empty];
  account_sign_in: [AccountId, SignInStarted];
  account_sign_in_end: [SignInEnd, AccountChecked];
  account_sign_in_cancel: [AccountId, Empty];
  account_tokens: [AccountId, Array<UploadTokenRow>];
  account_token: [UploadTokenNamed, UploadTokenRow];
  account_token_add: [NewUploadToken, UploadTokenRow];
  account_token_remove: [UploadTokenNamed, Empty];
  account_choices: [AccountField, Array<FieldChoice>];
  account_choices_kept: [AccountField, ChoicesKept];
  account_works: [WorksPage, WorksListing];
  account_work_edit: [WorkEdit, Empty];
  account_work_delete: [WorkNamed, Empty];
  speed: [Empty, Speed];
  queue_rest: [Rest, Rest];
  limit_set: [Limit, Limit];
  turtle_set: [TurtleChange, Speed];
  account_limit_set: [AccountLimit, Empty];
  uploads_limit_set: [UploadsLimit, Changed];
  timetable: [Empty, Timetable];
  timetable_set: [TimetableChange, Timetable];
  power: [Empty, Power];
  power_set: [PowerChange, Power];
  power_cancel: [Empty, Power];
  data_folder: [Empty, string];
  settings_export: [Empty, string];
  settings_import: [SettingsImport, SettingsImported];
  proxy: [Empty, ProxySetting];
  proxy_set: [ProxyChange, ProxySetting];
  line: [Empty, Line];
  line_set: [Line, Line];
  hours: [Empty, Hours];
  hours_set: [HoursChange, Hours];
  network: [Empty, NetworkStatus];
  network_rule_set: [NetworkRuleSet, NetworkStatus];
  network_budget_set: [NetworkBudget, NetworkStatus];
  network_pass: [NetworkPass, NetworkStatus];
  notice_choices: [Empty, NoticeChoices];
  notice_choices_set: [NoticeChoices, NoticeChoices];
  watches: [Empty, Array<WatchRow>];
  watch_add: [NewWatch, WatchId];
  watch_set: [WatchChange, Empty];
  watch_switch: [WatchSwitch, Empty];
  watch_remove: [WatchId, Empty];
  watch_look: [WatchId, Empty];
  watch_files: [WatchFilesPage, WatchFiles];
  watch_send: [WatchPick, Changed];
  watch_skip: [WatchPick, Changed];
}
