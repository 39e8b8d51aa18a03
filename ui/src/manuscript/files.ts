/** Files on their way into the form and out of it: from the dialog, a drop or an address. No DOM. */
import { batch, signal } from "@preact/signals-core";
import type { OfferedFile } from "../bindings";
import { say } from "../app/toast";
import { accounts, backend, sayThrown, screen } from "../app/world";
import { t } from "../i18n";
import { takeCaptions } from "./captions";
import { takeCover } from "./cover";
import { BLANK, chosen, files, own, type Part, picked, shared, titles, usable, without, writable, write } from "./form";

/** An address that is being written; `null` while nobody writes one. */
export const address = signal<string | null>(null);

/** Takes what was offered: videos into the list, an image as the cover, captions as such. */
export function offer(more: readonly OfferedFile[]): void {
  const known = new Set(files.value.map((file) => file.file));
  const videos = more.filter((file) => file.kind === "video" && !known.has(file.file));
  if (more.length === 0 || (videos.length === 0 && more.every((file) => known.has(file.file)))) return;
  batch(() => {
    if (videos.length > 0) takeVideos(videos);
    for (const file of more) if (file.kind === "image") takeCover(file);
    takeCaptions(more.filter((file) => file.kind === "captions"));
    screen.value = "manuscript";
  });
}

function takeVideos(videos: readonly OfferedFile[]): void {
  // A title that was written before there was a file is meant for the first.
  const written = shared.value.fields.title ?? "";
  if (written !== "") write(null, (part) => without(part, "title"));
  files.value = [...files.value, ...videos];
  videos.filter((video) => video.cause === null).forEach((video, n) => {
    const title = n === 0 && written !== "" ? written : (titles.value ?? video.title);
    if (!own.value.has(video.file)) write(video.file, () => ({ fields: { title } }));
  });
  if (chosen.value.size === 0) chosen.value = new Set(accounts.value.length === 1 ? accounts.value.filter(usable).map((row) => row.account.id) : []);
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
  const given = address.value?.trim() ?? "";
  if (given === "") return;
  try {
    const [file] = await backend().call("addresses_offer", [given]);
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

/** Another file in place of this one: what is written stays, and a title that is only the file's name follows the name. */
export async function changeFile(file: OfferedFile): Promise<void> {
  try {
    const [next, ...more] = await backend().pickFiles("video");
    if (!next) return;
    batch(() => {
      const part = own.value.get(file.file) ?? BLANK;
      const title = (part.fields.title ?? file.title) === file.title ? next.title : part.fields.title;
      moveOwn(file, next, { ...part, fields: { ...part.fields, title: title ?? next.title } });
      files.value = files.value.map((one) => (one.file === file.file ? next : one));
      if (picked.value === file.file) picked.value = next.file;
      offer(more);
    });
    void backend().call("files_forget", [file.file]).catch(() => {});
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

function moveOwn(from: OfferedFile, to: OfferedFile, part: Part): void {
  const next = new Map(own.value);
  next.delete(from.file);
  own.value = next.set(to.file, part);
}

export function leaveOut(file: OfferedFile): void {
  const [at, part] = [files.value.indexOf(file), own.value.get(file.file) ?? BLANK];
  const rest = new Map(own.value);
  rest.delete(file.file);
  batch(() => {
    files.value = files.value.filter((one) => one !== file);
    own.value = rest;
  });
  say({
    text: t().compose.leftOut(file.name),
    undo: () =>
      batch(() => {
        files.value = files.value.toSpliced(at, 0, file);
        own.value = new Map(own.value).set(file.file, part);
      }),
    end: () => void backend().call("files_forget", [file.file]).catch(() => {}),
  });
}

/** Chooses whose manuscript is written: one file's, or what is common to all. */
export function pick(file: number | null): void {
  picked.value = file !== null && writable.value.some((one) => one.file === file) ? file : null;
}
