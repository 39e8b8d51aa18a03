/** How uploads share the line, what keeps the machine awake, and what it does when all is sent. No DOM. */
import { effect, signal } from "@preact/signals-core";
import type { Line, Power, PowerChange } from "../bindings";
import { say } from "../app/toast";
import { backend, sayThrown, screen, summary } from "../app/world";

/** `null` until they are known. */
export const line = signal<Line | null>(null);
export const power = signal<Power | null>(null);

async function take<T>(into: { value: T | null }, asked: Promise<T>): Promise<void> {
  try {
    into.value = await asked;
  } catch (thrown) {
    say({ text: sayThrown(thrown) });
  }
}

/** The command line may have set them meanwhile. */
effect(() => {
  if (screen.value !== "settings") return;
  void take(line, backend().call("line", {}));
  void take(power, backend().call("power", {}));
});

export function setLine(change: Partial<Line>): void {
  const before = line.peek();
  if (before) void take(line, backend().call("line_set", { ...before, ...change }));
}

export const setPower = (change: Partial<PowerChange>) => take(power, backend().call("power_set", { keep_awake: null, then: null, even_if_failed: null, ...change }));

/** Nothing is done when all is sent. */
export async function stayOn(): Promise<void> {
  await take(power, backend().call("power_cancel", {}));
  if (summary.value) summary.value = { ...summary.value, countdown: null };
}
