/**
 * What each account would refuse.
 *
 * No DOM. Preflight is asked a moment after the last change; answers to an earlier form are dropped.
 */
import { computed, effect, signal } from "@preact/signals-core";
import type { AccountRow, Finding, NewManuscripts, OfferedFile, Preflight } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown } from "../app/world";
import { asked, chosenRows, edited, good, several } from "./form";
import { again } from "./times";

/** A check costs a fraction of a frame; letters of one burst are checked together. */
const CHECK_AFTER_MS = 40;
/** Nothing is wrong, but it needs a yes: the same file went, or goes, to the same account. */
const TWICE = ["already_sent", "already_sending"];
export const isTwice = (finding: Finding) => TWICE.includes(finding.cause.code);

export const checks = signal<readonly Preflight[]>([]);
export const checking = signal(false);
export const showChecks = signal(false);

export const request = computed<NewManuscripts>(() => asked(good.value));

let number = 0;
let timer: ReturnType<typeof setTimeout> | undefined;
effect(() => {
  const wanted = request.value;
  clearTimeout(timer);
  number += 1;
  if (wanted.files.length === 0 || wanted.accounts.length === 0) {
    checks.value = [];
    checking.value = false;
    return;
  }
  checking.value = true;
  timer = setTimeout(() => void ask(wanted, number), CHECK_AFTER_MS);
});

async function ask(wanted: NewManuscripts, turn: number): Promise<void> {
  try {
    const found = await backend().call("manuscripts_check", wanted);
    if (turn === number) checks.value = found;
  } catch (thrown) {
    if (turn === number) say({ text: sayThrown(thrown) });
  } finally {
    if (turn === number) checking.value = false;
  }
}

/** When what is in the form has been looked at. */
export const settled = () =>
  new Promise<void>((done) => {
    const stop = effect(() => {
      if (!checking.value) queueMicrotask(() => (stop(), done()));
    });
  });

export const forbids = (finding: Finding) => finding.severity === "red" || (isTwice(finding) && !again.value);

const isOfAccount = (finding: Finding) => finding.field === null && !("file" in finding.cause.params);

export interface Verdict {
  row: AccountRow;
  /** A finding on a field that all files share is said once, of no file. */
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
    const looked = good.value.flatMap((file) => {
      const check = known.get(`${file.file} ${row.account.id}`);
      return check ? [{ file, findings: check.findings }] : [];
    });
    const ready = looked.filter(({ findings }) => !findings.some(forbids)).length;
    const keyOf = (finding: Finding) => JSON.stringify([finding.field, finding.cause.code, finding.cause.params]);
    const times = new Map<string, number>();
    for (const { findings } of looked) for (const key of new Set(findings.map(keyOf))) times.set(key, (times.get(key) ?? 0) + 1);
    // What is said of the account itself counts the files before: the last one has counted them all.
    const latest = new Map(looked.flatMap(({ findings }) => findings.filter(isOfAccount).map((finding) => [finding.cause.code, finding])));
    const said = new Set<string>();
    const findings = looked.flatMap(({ file, findings }) =>
      findings.flatMap((finding) => {
        const key = keyOf(finding);
        const ofAccount = isOfAccount(finding);
        if (ofAccount && latest.get(finding.cause.code) !== finding) return [];
        const ofAll = ofAccount || (finding.field !== null && times.get(key) === good.value.length);
        if (ofAll && said.has(key)) return [];
        said.add(key);
        return [{ finding, file: several.value && !ofAll ? file : null }];
      }),
    );
    return { row, findings, red: findings.filter(({ finding }) => forbids(finding)).length, amber: findings.filter(({ finding }) => finding.severity === "amber" && !forbids(finding)).length, ready };
  });
  return all.sort((a, b) => Number(b.red > 0) - Number(a.red > 0) || b.amber - a.amber);
});
export const addable = computed(() => verdicts.value.reduce((sum, verdict) => sum + verdict.ready, 0));
export const blocked = computed(() => verdicts.value.filter((verdict) => verdict.red > 0));

/** What preflight says of one platform's field, where one writes now. */
export function findingOn(platform: string, field: string): Finding | null {
  for (const { row, findings } of verdicts.value) {
    if (row.account.platform !== platform) continue;
    const found = findings.find(({ finding, file }) => finding.severity === "red" && finding.field === field && (file === null || file.file === edited.value?.file));
    if (found) return found.finding;
  }
  return null;
}
