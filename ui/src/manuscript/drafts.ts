/**
 * Drafts: the form is kept as it is written, so that closing the window, or its end by force, loses nothing.
 *
 * No DOM. One write runs at a time, and at most a moment passes between a change and its write. A form that is emptied is no draft any more.
 */
import { batch, effect, signal } from "@preact/signals-core";
import type { Draft, DraftId, DraftRow, OfferedFile, OwnManuscript } from "../bindings";
import { say } from "../app/toast";
import { backend, say as sentence, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { asked, chosen, clear, files, forget, isEmpty, named, own, type Part, picked, shared, variables } from "./form";
import { setTimes } from "./times";

/** What a kill may cost: less than a word. */
const SAVE_AFTER_MS = 300;

/** Drafts that are not in the form, the last changed first. */
export const others = signal<readonly DraftRow[]>([]);
/** When the form was written last, and what could not be. */
export const saved = signal<{ at_ms: number | null; trouble: string | null } | null>(null);
let current: DraftId | null = null;
let written = "";
let timer: ReturnType<typeof setTimeout> | undefined;
let writing: Promise<void> = Promise.resolve();

const text = () => JSON.stringify(asked(files.value));

effect(() => {
  if (text() !== written) timer ??= setTimeout(() => void save(), SAVE_AFTER_MS);
});

/** Writes what is not written yet. */
export function save(): Promise<void> {
  clearTimeout(timer);
  timer = undefined;
  return (writing = writing.then(writeNow));
}

async function writeNow(): Promise<void> {
  const now = text();
  if (now === written) return;
  try {
    if (isEmpty()) {
      const gone = current;
      [current, saved.value] = [null, null];
      if (gone !== null) await backend().call("draft_remove", gone);
    } else {
      const { draft, at_ms, cause } = await backend().call("draft_save", { draft: current, form: asked(files.value) });
      current = draft;
      saved.value = { at_ms, trouble: cause ? sentence(cause) : null };
    }
    written = now;
  } catch (thrown) {
    saved.value = { at_ms: null, trouble: sayThrown(thrown) };
  }
}

export async function loadDrafts(): Promise<void> {
  others.value = (await backend().call("drafts", {})).filter(({ draft }) => draft !== current);
}

/** Puts a draft into the form; what is there stays as a draft. */
export async function openDraft(id: DraftId): Promise<void> {
  await save();
  try {
    const draft = await backend().call("draft_open", id);
    leave();
    batch(() => fill(draft));
    [current, written, saved.value] = [id, text(), { at_ms: draft.changed_at_ms, trouble: null }];
    screen.value = "manuscript";
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
  await loadDrafts();
}

/** An empty form; what is there stays as a draft. */
export async function startAnew(): Promise<void> {
  await save();
  leave();
  await loadDrafts();
}

function leave(): void {
  forget(named());
  [current, saved.value] = [null, null];
  clear();
}

function fill({ form, files: offered }: Draft): void {
  const of = (number: number | null): OfferedFile | null => offered.find(({ file }) => file === number) ?? null;
  const part = ({ fields, cover, captions }: OwnManuscript): Part => ({
    fields: Object.fromEntries(Object.entries(fields).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))),
    cover: of(cover),
    captions: captions.flatMap(({ language, file }) => {
      const found = of(file);
      return found ? [{ language, file: found }] : [];
    }),
  });
  files.value = form.files.flatMap((file) => of(file) ?? []);
  chosen.value = new Set(form.accounts);
  shared.value = part(form);
  own.value = new Map(Object.entries(form.own).flatMap(([file, one]) => (one ? [[Number(file), part(one)]] : [])));
  setTimes(form);
  variables.value = form.variables;
}

/** Empties the form, and with it the draft; it can be taken back. */
export function discard(): void {
  const before = { files: files.value, chosen: chosen.value, shared: shared.value, own: own.value, picked: picked.value };
  const gone = named();
  const was = isEmpty();
  clear();
  screen.value = "queue";
  if (was) return;
  say({
    text: t().compose.discarded,
    undo: () => {
      batch(() => {
        [files.value, chosen.value, shared.value, own.value, picked.value] = [before.files, before.chosen, before.shared, before.own, before.picked];
      });
      screen.value = "manuscript";
    },
    end: () => forget(gone),
  });
}
