import { describe, expect, it } from "vitest";
import { layOut, lineAt, lineOf } from "./lines";

const day = (uploads: number) => ({ start_ms: 0, uploads, bytes: 0 });

describe("days and rows", () => {
  it("stand in the order of the list, each day above its rows", () => {
    const days = layOut([day(2), day(1), day(3)]);
    expect(days.count).toBe(9);
    const shown = Array.from({ length: days.count }, (_, line) => {
      const at = lineAt(line, days);
      return at.kind === "day" ? `day ${String(at.day)}` : at.index;
    });
    expect(shown).toEqual(["day 0", 0, 1, "day 1", 2, "day 2", 3, 4, 5]);
  });

  it("are found again by their rows", () => {
    const days = layOut(Array.from({ length: 400 }, (_, n) => day((n % 7) + 1)));
    for (let index = 0; index < days.count - 400; index += 1) expect(lineAt(lineOf(index, days), days)).toEqual({ kind: "row", index });
  });

  it("are none where nothing was sent", () => {
    expect(layOut([]).count).toBe(0);
  });
});
