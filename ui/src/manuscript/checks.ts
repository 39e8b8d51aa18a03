/**
 * What each account would refuse.
 *
 * No DOM. Preflight is asked a moment after the last change; answers to an earlier form are dropped.
 */
import { computed, effect, signal } from "@preact/signals-core";
import type { AccountRow, Finding, NewManuscripts, OfferedFile, Preflight } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, specOf } from "../app/world";
import { again, chosenRows, cover, good, several, values } from "./form";
import { hold, priority } from "./times";

const CHECK_AFTER_MS = 200;
/** Nothing is wrong, but it needs a yes: the same file went, or goes, to the same account. */
const TWICE = ["already_sent", "already_sending"];
export const isTwice = (finding: Finding) => TWICE.includes(finding.cause.code);

export const checks = signal<readonly Preflight[]>([]);
export const checking = signal(false);
export const showChecks = signal(false);

export const request = computed<NewManuscripts>(() => {
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

export const forbids = (finding: Finding) => finding.severity === "red" || (isTwice(finding) && !again.value);

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
