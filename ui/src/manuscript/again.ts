/** What was sent before, in the form once more. No DOM. */
import { batch } from "@preact/signals-core";
import type { SendAgain } from "../bindings";
import { say } from "../app/toast";
import { sayThrown, screen } from "../app/world";
import { startAnew } from "./drafts";
import { chosen, files, forget, own } from "./form";

/** What stands in the form stays as a draft. */
export async function fillAgain({ file, cover, account, fields }: SendAgain): Promise<void> {
  if (file.cause) {
    forget([file, ...(cover ? [cover] : [])]);
    say({ text: sayThrown(file.cause) });
    return;
  }
  await startAnew();
  batch(() => {
    files.value = [file];
    chosen.value = new Set(account === null ? [] : [account]);
    own.value = new Map([[file.file, { fields: Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, value ?? ""])), cover, captions: [] }]]);
  });
  screen.value = "manuscript";
}
