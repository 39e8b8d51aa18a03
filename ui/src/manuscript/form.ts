/**
 * What is in the form for new uploads: files, accounts, and what is written for all of them or for one.
 *
 * No DOM, and nothing is asked of anybody here. Each file is a manuscript of its own: what it has of its own wins over what is common to all. A value is
 * common under its field's name, and a platform's own under `platform.field`.
 */
import { batch, computed, signal } from "@preact/signals-core";
import type { AccountId, AccountRow, NewManuscripts, OfferedFile, OwnManuscript, Spec } from "../bindings";
import { accounts, backend, specOf } from "../app/world";
import { setTimes, times } from "./times";

export interface Captions {
  language: string;
  file: OfferedFile;
}
/** What is written: for all files, or for one of them. */
export interface Part {
  readonly fields: Readonly<Record<string, string>>;
  readonly cover: OfferedFile | null;
  readonly captions: readonly Captions[];
}
export const BLANK: Part = { fields: {}, cover: null, captions: [] };

export const files = signal<readonly OfferedFile[]>([]);
export const chosen = signal<ReadonlySet<AccountId>>(new Set());
export const shared = signal<Part>(BLANK);
export const own = signal<ReadonlyMap<number, Part>>(new Map());
/** The file that was picked to be written for; `null` for all of them. */
export const picked = signal<number | null>(null);
/** Texts hold variables, which are filled in for each file. */
export const variables = signal(false);
/** What the titles of files that come are made from; their names where it is `null`. */
export const titles = signal<string | null>(null);
/** Names of values that somebody has been at. */
export const touched = signal<ReadonlySet<string>>(new Set());

export const good = computed(() => files.value.filter((file) => file.cause === null));
/** Those that something can be written for: also one of a draft that has gone, until it is found. */
export const writable = computed(() => files.value.filter((file) => file.cause === null || own.value.has(file.file)));
export const several = computed(() => writable.value.length > 1);
/** The file that is written for; `null` while it is what is common to several. */
export const edited = computed<OfferedFile | null>(() => (several.value ? (writable.value.find((file) => file.file === picked.value) ?? null) : (writable.value[0] ?? null)));
const ownPart = computed<Part>(() => (edited.value ? (own.value.get(edited.value.file) ?? BLANK) : BLANK));
/** What holds where one writes now. */
export const values = computed(() => {
  const ofAll: Record<string, string> = variables.value && several.value && edited.value === null ? { title: titles.value ?? "" } : {};
  return { ...shared.value.fields, ...ofAll, ...ownPart.value.fields };
});
export const cover = computed(() => ownPart.value.cover ?? shared.value.cover);
export const captions = computed(() => (ownPart.value.captions.length > 0 ? ownPart.value.captions : shared.value.captions));

export const usable = (row: AccountRow) => row.account.health.state !== "signed_out";
export const chosenRows = computed(() => accounts.value.filter((row) => chosen.value.has(row.account.id)));
/** Platforms of the chosen accounts, each once. */
export const platforms = computed<Spec[]>(() => [...new Set(chosenRows.value.map((row) => row.account.platform))].flatMap((name) => specOf(name) ?? []));

export function choose(id: AccountId, is: boolean): void {
  const next = new Set(chosen.value);
  if (is) next.add(id);
  else next.delete(id);
  chosen.value = next;
}

export const touch = (name: string) => {
  if (!touched.value.has(name)) touched.value = new Set([...touched.value, name]);
};

/** Changes what is written for one file, or for all. */
export function write(file: number | null, change: (part: Part) => Partial<Part>): void {
  const part = file === null ? shared.value : (own.value.get(file) ?? BLANK);
  const next = { ...part, ...change(part) };
  if (file === null) shared.value = next;
  else own.value = new Map(own.value).set(file, next);
}

/** Where pictures and captions go that are chosen now: to one of several files, or to all there is. */
export const target = () => (several.value ? (edited.value?.file ?? null) : null);

export function without(part: Part, name: string): Partial<Part> {
  const { [name]: _gone, ...fields } = part.fields;
  return { fields };
}

const said = ({ fields, cover, captions }: Part): OwnManuscript => ({
  fields: { ...fields },
  cover: cover?.file ?? null,
  captions: captions.map(({ language, file }) => ({ language, file: file.file })),
});

/** The form as a request for these files. An empty common value is none; an own one is meant. */
export function asked(of: readonly OfferedFile[]): NewManuscripts {
  const common = said(shared.value);
  const meant = Object.entries(common.fields).filter(([name, value]) => value?.trim() !== "" || name.includes("."));
  return {
    ...common,
    files: of.map((file) => file.file),
    accounts: chosenRows.value.map((row) => row.account.id),
    fields: Object.fromEntries(meant),
    own: Object.fromEntries(of.flatMap(({ file }) => (own.value.has(file) ? [[file, said(own.value.get(file) ?? BLANK)]] : []))),
    ...times(),
    keep: false,
    template: null,
    variables: variables.value,
    numbers: [],
  };
}

/** Nobody has put anything into it. */
export const isEmpty = () => {
  const blank = (part: Part) => part.cover === null && part.captions.length === 0 && Object.values(part.fields).every((value) => value.trim() === "");
  return files.value.length === 0 && blank(shared.value);
};

export function clear(): void {
  batch(() => {
    [files.value, chosen.value, shared.value, own.value, picked.value, touched.value] = [[], new Set(), BLANK, new Map(), null, new Set()];
    setTimes();
    [variables.value, titles.value] = [false, null];
  });
}

/** Every file that the form names. */
export const named = () => {
  const parts = [shared.value, ...own.value.values()];
  return [...files.value, ...parts.flatMap((part) => [...(part.cover ? [part.cover] : []), ...part.captions.map(({ file }) => file)])];
};

export const forget = (gone: readonly OfferedFile[]) => {
  if (gone.length > 0) void backend().call("files_forget", gone.map((file) => file.file)).catch(() => {});
};
