/** Faults of a field as sentences. */
import { t } from "../i18n";
import type { Fault } from "./check";

export function faultWords(found: Fault, label: string, platform: string): string {
  const { form, compose } = t();
  switch (found.kind) {
    case "needed":
      return form.needed(label);
    case "too_long":
      return compose.tooLong(platform, found.max, found.length);
    case "not_a_number":
      return form.notNumber(label);
    case "out_of_range":
      return form.outOfRange(found.min, found.max);
  }
}
