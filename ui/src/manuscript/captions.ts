/** Captions that go with the work, a file for each language. No DOM. */
import type { OfferedFile } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown } from "../app/world";
import { type Captions, captions, platforms, target, write } from "./form";

/** A chosen platform takes captions, or there are some already. */
export const wanted = () => captions.value.length > 0 || platforms.value.some((spec) => spec.fields.some((field) => field.from === "captions"));

/** `film.zh-Hans.srt` is in `zh-Hans`, `en.vtt` in `en`; nothing where the name does not say. */
export function languageOf(name: string): string {
  const stem = name.replace(/\.[^.]*$/, "");
  const last = stem.slice(stem.lastIndexOf(".") + 1);
  if (!/^[a-z]{2,3}([-_][A-Za-z0-9]{2,8})*$/.test(last)) return "";
  const tag = last.replaceAll("_", "-");
  try {
    return new Intl.DisplayNames("en", { type: "language", fallback: "none" }).of(tag) === undefined ? "" : tag;
  } catch {
    return "";
  }
}

const change = (to: (all: readonly Captions[]) => Captions[]) => write(target(), () => ({ captions: to(captions.value) }));

export function takeCaptions(files: readonly OfferedFile[]): void {
  for (const file of files) {
    if (file.cause) say({ text: sayThrown(file.cause) });
    else change((all) => [...all.filter((one) => one.file.file !== file.file), { language: languageOf(file.name), file }]);
  }
}

export async function chooseCaptions(): Promise<void> {
  try {
    takeCaptions(await backend().pickFiles("captions"));
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

export const setLanguage = (file: OfferedFile, language: string) => change((all) => all.map((one) => (one.file.file === file.file ? { ...one, language } : one)));
export const dropCaptions = (file: OfferedFile) => change((all) => all.filter((one) => one.file.file !== file.file));
