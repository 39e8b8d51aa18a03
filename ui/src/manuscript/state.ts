/**
 * The form for new uploads: files, accounts, one text for all with what differs for each platform, and what each account would refuse.
 *
 * No DOM. Preflight is asked a moment after the last change; answers to an earlier form are dropped. Invariant: only pairs of a file and an
 * account that nothing forbids are sent, and the button counts exactly these.
 */
import { computed, effect, signal } from "@preact/signals-core";
import type { AccountId, AccountRow, Field, Finding, NewManuscripts, OfferedFile, Preflight, Priority, Spec } from "../bindings";
import { say } from "../app/toast";
import { accounts, backend, sayThrown, screen, specOf } from "../app/world";
import { t } from "../i18n";

const CHECK_AFTER_MS = 200;
/** The fields every platform may be linked to, in the order they are drawn. */
export const COMMON = ["title", "description", "tags", "language", "visibility", "publish_at", "captions"] as const;
/** Nothing is wrong, but it needs a yes: the same file went, or goes, to the same account. */
const TWICE = ["already_sent", "already_sending"];
export const isTwice = (finding: Finding) => TWICE.includes(finding.cause.code);

export const files = signal<readonly OfferedFile[]>([]);
export const chosen = signal<ReadonlySet<AccountId>>(new Set());
export const values = signal<Readonly<Record<string, string>>>({});
export const cover = signal<OfferedFile | null>(null);
/** An address that is being written; `null` while nobody writes one. */
export const address = signal<string | null>(null);
export const hold = signal(false);
export const priority = signal<Priority>("normal");
export const again = signal(false);
export const touched = signal<ReadonlySet<string>>(new Set());
export const checks = signal<readonly Preflight[]>([]);
export const checking = signal(false);
export const adding = signal(false);
export const showChecks = signal(false);
let titleIsOurs = true;

export const good = computed(() => files.value.filter((file) => file.cause === null));
export const several = computed(() => good.value.length > 1);
export const usable = (row: AccountRow) => row.account.health.state !== "signed_out";
export const chosenRows = computed(() => accounts.value.filter((row) => chosen.value.has(row.account.id)));
/** Platforms of the chosen accounts, each once. */
export const platforms = computed<Spec[]>(() => [...new Set(chosenRows.value.map((row) => row.account.platform))].flatMap((name) => specOf(name) ?? []));

/** Fields that a person fills in here: pictures come with the manuscript, and titles of several files from their names. */
export const fieldsOf = (spec: Spec): Field[] => spec.fields.filter((field) => field.kind !== "image" && !(several.value && field.from === "title"));

/** The common fields that a chosen platform takes; the usual three before anything is chosen. */
export const common = computed<{ name: string; field: Field }[]>(() =>
  COMMON.flatMap((name) => {
    if (name === "title" && several.value) return [];
    const linked = platforms.value.flatMap((spec) => spec.fields.filter((field) => field.from === name));
    const model = linked[0];
    if (!model && (platforms.value.length > 0 || !["title", "description", "tags"].includes(name))) return [];
    const kind = name === "description" ? "multiline" : name === "tags" ? "tags" : (model?.kind ?? "text");
    const field: Field = {
      name, kind, required: linked.some((one) => one.required), required_when: null, max: null, range: null, choices: model?.choices ?? [], listed: false,
      default: model?.default ?? null, from: null, advanced: false, label: {}, help: {},
    };
    return [{ name, field }];
  }),
);

// ---- What is in the form

export function offer(more: readonly OfferedFile[]): void {
  const known = new Set(files.value.map((file) => file.file));
  const added = more.filter((file) => !known.has(file.file) && file.file !== cover.value?.file);
  if (added.length === 0) return;
  files.value = [...files.value, ...added];
  if (chosen.value.size === 0) chosen.value = new Set(accounts.value.length === 1 ? accounts.value.filter(usable).map((row) => row.account.id) : []);
  titleFromFile();
  screen.value = "manuscript";
}

function titleFromFile(): void {
  const [only] = good.value;
  if (titleIsOurs && only && !several.value) values.value = { ...values.value, title: only.title };
}

export async function chooseFiles(): Promise<void> {
  try {
    offer(await backend().pickFiles("video"));
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** Takes the address that was written as a file that is online. */
export async function takeAddress(): Promise<void> {
  const written = address.value?.trim() ?? "";
  if (written === "") return;
  try {
    const [file] = await backend().call("addresses_offer", [written]);
    if (!file) return;
    if (file.cause) {
      say({ text: sayThrown(file.cause) });
      void backend().call("files_forget", [file.file]).catch(() => {});
    } else {
      address.value = null;
      offer([file]);
    }
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export function newUpload(): void {
  screen.value = "manuscript";
  if (files.value.length === 0) void chooseFiles();
}

export function leaveOut(file: OfferedFile): void {
  files.value = files.value.filter((one) => one.file !== file.file);
  titleFromFile();
  say({
    text: t().compose.leftOut(file.name),
    undo: () => offer([file]),
    end: () => void backend().call("files_forget", [file.file]).catch(() => {}),
  });
}

export async function chooseCover(): Promise<void> {
  try {
    const [image] = await backend().pickFiles("image");
    if (!image) return;
    if (image.cause) say({ text: sayThrown(image.cause) });
    else cover.value = image;
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export function choose(id: AccountId, is: boolean): void {
  const next = new Set(chosen.value);
  if (is) next.add(id);
  else next.delete(id);
  chosen.value = next;
}

export function setValue(name: string, value: string): void {
  if (name === "title") titleIsOurs = false;
  values.value = { ...values.value, [name]: value };
}
export const touch = (name: string) => {
  if (!touched.value.has(name)) touched.value = new Set([...touched.value, name]);
};

const own = (spec: Spec, field: Field) => `${spec.name}.${field.name}`;
export const hasOwn = (spec: Spec, field: Field) => own(spec, field) in values.value;
/** The value a platform would get: its own, the common one, its default. */
export function valueOf(spec: Spec, field: Field): string {
  return values.value[own(spec, field)] ?? (field.from === null ? undefined : values.value[field.from]) ?? field.default ?? "";
}

/** Gives a field its own value, or links it again; what it had can be taken back. */
export function toggleLink(spec: Spec, field: Field): void {
  const name = own(spec, field);
  const before = values.value;
  if (name in before) {
    const { [name]: _gone, ...rest } = before;
    values.value = rest;
    say({ text: t().compose.linkedAgain, undo: () => (values.value = { ...values.value, [name]: before[name] ?? "" }) });
  } else {
    values.value = { ...before, [name]: valueOf(spec, field) };
  }
}

export function discard(): void {
  const before = { files: files.value, values: values.value, cover: cover.value, chosen: chosen.value };
  clear();
  screen.value = "queue";
  if (before.files.length === 0) return;
  say({
    text: t().compose.discarded,
    undo: () => {
      [files.value, values.value, cover.value, chosen.value] = [before.files, before.values, before.cover, before.chosen];
      screen.value = "manuscript";
    },
    end: () => forget([...before.files, ...(before.cover ? [before.cover] : [])]),
  });
}

const forget = (gone: readonly OfferedFile[]) => {
  if (gone.length > 0) void backend().call("files_forget", gone.map((file) => file.file)).catch(() => {});
};

function clear(): void {
  files.value = [];
  values.value = {};
  cover.value = null;
  touched.value = new Set();
  checks.value = [];
  [again.value, hold.value, priority.value] = [false, false, "normal"];
  titleIsOurs = true;
}

// ---- Preflight

const request = computed<NewManuscripts>(() => {
  const fields = Object.fromEntries(Object.entries(values.value).filter(([name, value]) => value.trim() !== "" || name.includes(".")));
  if (several.value) {
    for (const name of Object.keys(fields)) {
      const [platform, field] = name.split(".");
      const linked = field !== undefined && specOf(platform ?? "")?.fields.some((one) => one.name === field && one.from === "title");
      if (name === "title" || linked) delete fields[name];
    }
  }
  return {
    files: good.value.map((file) => file.file),
    accounts: chosenRows.value.map((row) => row.account.id),
    fields,
    cover: cover.value?.file ?? null,
    captions: [],
    hold: hold.value,
    priority: priority.value,
    again: again.value,
  };
});

let asked = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  const wanted = request.value;
  clearTimeout(timer);
  asked += 1;
  if (wanted.files.length === 0 || wanted.accounts.length === 0) {
    checks.value = [];
    checking.value = false;
    return;
  }
  checking.value = true;
  timer = setTimeout(() => void ask(wanted, asked), CHECK_AFTER_MS);
});

async function ask(wanted: NewManuscripts, number: number): Promise<void> {
  try {
    const found = await backend().call("manuscripts_check", wanted);
    if (number === asked) checks.value = found;
  } catch (thrown) {
    if (number === asked) say({ text: sayThrown(thrown) });
  } finally {
    if (number === asked) checking.value = false;
  }
}

const forbids = (finding: Finding) => finding.severity === "red" || (isTwice(finding) && !again.value);

export interface Verdict {
  row: AccountRow;
  /** A finding on a field is said once however many files there are. */
  findings: { finding: Finding; file: OfferedFile | null }[];
  red: number;
  amber: number;
  /** Files that may go to it. */
  ready: number;
}

/** What each chosen account says, worst first. */
export const verdicts = computed<Verdict[]>(() => {
  const known = new Map(checks.value.map((check) => [`${check.file} ${check.account}`, check]));
  const all = chosenRows.value.map((row): Verdict => {
    const findings: Verdict["findings"] = [];
    const said = new Set<string>();
    let ready = 0;
    for (const file of good.value) {
      const check = known.get(`${file.file} ${row.account.id}`);
      if (!check) continue;
      if (!check.findings.some(forbids)) ready += 1;
      for (const finding of check.findings) {
        const key = finding.field === null || several.value === false ? null : `${finding.field} ${finding.cause.code}`;
        if (key !== null && said.has(key)) continue;
        if (key !== null) said.add(key);
        findings.push({ finding, file: key === null && several.value ? file : null });
      }
    }
    return { row, findings, red: findings.filter(({ finding }) => forbids(finding)).length, amber: findings.filter(({ finding }) => !forbids(finding)).length, ready };
  });
  return all.sort((a, b) => Number(b.red > 0) - Number(a.red > 0) || b.amber - a.amber);
});
export const addable = computed(() => verdicts.value.reduce((sum, verdict) => sum + verdict.ready, 0));
export const blocked = computed(() => verdicts.value.filter((verdict) => verdict.red > 0));

/** What preflight says of one platform's field. */
export function findingOn(platform: string, field: string): Finding | null {
  for (const { row, findings } of verdicts.value) {
    if (row.account.platform !== platform) continue;
    const found = findings.find(({ finding }) => finding.severity === "red" && finding.field === field);
    if (found) return found.finding;
  }
  return null;
}

// ---- Adding

/** Adds every pair that nothing forbids. Files that no account takes stay in the form. */
export async function add(): Promise<void> {
  if (adding.value || checking.value || addable.value === 0) return;
  const groups = new Map<string, { accounts: AccountId[]; files: number[] }>();
  const known = new Map(checks.value.map((check) => [`${check.file} ${check.account}`, check]));
  for (const { file } of good.value) {
    const takers = request.value.accounts.filter((account) => known.get(`${file} ${account}`)?.findings.some(forbids) === false);
    if (takers.length === 0) continue;
    const group = groups.get(takers.join()) ?? { accounts: takers, files: [] };
    group.files.push(file);
    groups.set(takers.join(), group);
  }
  adding.value = true;
  let added = 0;
  const gone = new Set<number>();
  try {
    for (const group of groups.values()) {
      const title = several.value ? {} : { title: values.value.title ?? "" };
      const answer = await backend().call("manuscripts_add", { ...request.value, fields: { ...request.value.fields, ...title }, ...group });
      added += answer.uploads.length;
      for (const file of group.files) gone.add(file);
    }
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  } finally {
    adding.value = false;
  }
  files.value = files.value.filter((file) => !gone.has(file.file));
  if (added === 0) return;
  if (files.value.length === 0) {
    forget(cover.value ? [cover.value] : []);
    clear();
    screen.value = "queue";
  }
  say({ text: t().toast.added(added) });
}
