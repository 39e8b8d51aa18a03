import { describe, expect, it } from "vitest";
import { cutOf, readCrops, writeCrops } from "./cover";

describe("where a cover is cut", () => {
  it("is the largest part with the ratio, at its place", () => {
    expect(cutOf("16:9", 50, 1920, 1080)).toEqual({ left: 0, top: 0, width: 100, height: 100 });
    expect(cutOf("16:10", 50, 1920, 1080)).toEqual({ left: expect.closeTo(5, 6), top: 0, width: expect.closeTo(90, 6), height: 100 });
    expect(cutOf("16:10", 100, 1920, 1080).left).toBeCloseTo(10, 6);
    const vertical = cutOf("16:10", 0, 1080, 1920);
    expect(vertical).toEqual({ left: 0, top: 0, width: 100, height: expect.closeTo(35.15625, 6) });
  });

  it("is kept as text, the last choice for a ratio", () => {
    const crops = readCrops("16:10=50, 4:3=20 16:10=10 nonsense 1:1=101");
    expect([...crops]).toEqual([["16:10", 10], ["4:3", 20]]);
    expect(writeCrops(crops)).toBe("16:10=10 4:3=20");
    expect(readCrops("").size).toBe(0);
  });
});
