/** When the uploads of this form start, before which others, and whether once more. No DOM. */
import { signal } from "@preact/signals-core";
import type { Priority } from "../bindings";

export const hold = signal(false);
export const priority = signal<Priority>("normal");
/** Upload even where the same file went to the same account before. */
export const again = signal(false);
