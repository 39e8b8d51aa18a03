import { describe, expect, it } from "vitest";
import { landedParts, MOST_CELLS, partMap } from "./partmap";

const squares = (path: string) => (path.match(/M/g) ?? []).length;

describe("the part map", () => {
  it("has a square for each part, in one of three states", () => {
    const map = partMap(461, [[0, 327]], [327, 328, 329]);
    expect([squares(map.landed), squares(map.flight), squares(map.wanted)]).toEqual([327, 3, 131]);
    expect(landedParts([[0, 327], [400, 2]])).toBe(329);
  });

  it("puts many parts into few squares, and shows one as landed only when all its parts are", () => {
    const map = partMap(10_000, [[0, 7]], [9_999]);
    const cells = squares(map.landed) + squares(map.flight) + squares(map.wanted);
    expect(cells).toBeLessThanOrEqual(MOST_CELLS);
    expect(squares(map.landed), "seven of five-part cells are one whole cell").toBe(1);
    expect(squares(map.flight)).toBe(1);
  });

  it("counts a short last square by the parts it has", () => {
    expect(squares(partMap(2_001, [[2_000, 1]], []).landed)).toBe(1);
  });
});
