/** When the uploads of this form start, and before which others. No DOM. */
import { signal } from "@preact/signals-core";
import type { Priority } from "../bindings";

export const hold = signal(false);
export const priority = signal<Priority>("normal");
