/** The log of the upload in the drawer: each request, part and retry as it happens, while the log is open. No DOM. */
import { batch, effect, signal } from "@preact/signals-core";
import type { Step, UploadId } from "../bindings";
import { backend } from "../app/world";
import { sentence } from "../i18n/sentences";
import { drawerDetail } from "./state";
import { type Of, timelineLine } from "./timeline";

/** As many as the engine keeps. */
const MOST = 300;

export const open = signal(false);
export const steps = signal<readonly Step[]>([]);
let of: UploadId | null = null;
let asking = false;

/** Asks for what is new whenever the details were looked at again. */
effect(() => {
  const id = drawerDetail.value?.row.id ?? null;
  if (id !== of) {
    of = id;
    if (steps.peek().length > 0) steps.value = [];
  }
  if (open.value && id !== null) void more(id);
});

async function more(id: UploadId): Promise<void> {
  if (asking) return;
  asking = true;
  try {
    const known = steps.peek();
    const after = known.at(-1)?.number ?? 0;
    const next = await backend().call("upload_steps", { id, after });
    if (of === id && next.length > 0) batch(() => (steps.value = [...known, ...next].slice(-MOST)));
  } catch {
    // Asked again with the next look at the details.
  } finally {
    asking = false;
  }
}

/** Steps that the timeline has, too, in its words; the others in those that all front ends share. */
export function stepLine(step: Step, row: Of): string {
  if (!OWN.has(step.event)) return timelineLine(step, row);
  const { code, ...params } = step.params;
  const cause = code === undefined ? {} : { cause: sentence({ code, params: { platform: row.platform, file: row.file, ...params } }) };
  return sentence({ code: `event.${step.event}`, params: { ...params, ...cause } });
}
const OWN = new Set(["phase", "part", "request", "request_lost", "request_dropped", "lanes", "retry_in"]);
