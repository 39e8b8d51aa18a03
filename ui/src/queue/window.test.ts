import { describe, expect, it } from "vitest";
import { type Geometry, heightOf, inView, pagesOf, placeOf, rowAt, scrollTo, shownAt, topOf } from "./window";

const closed: Geometry = { row: 56, card: 168, open: -1, count: 100_000 };
const open: Geometry = { ...closed, open: 3 };

describe("the windowed list", () => {
  it("places every row by a product, and rows below the open card lower by its height", () => {
    expect(topOf(99_999, closed)).toBe(99_999 * 56);
    expect(topOf(3, open)).toBe(3 * 56);
    expect(topOf(4, open)).toBe(4 * 56 + 168);
    expect(heightOf(open)).toBe(100_000 * 56 + 168);
  });

  it("finds the row at any height that a row stands at", () => {
    for (const g of [closed, open, { ...open, open: 0 }, { ...open, open: 99_999 }]) {
      for (const i of [0, 1, 2, 3, 4, 5, 500, 99_998, 99_999]) {
        expect(rowAt(topOf(i, g), g), `row ${i} by its top`).toBe(i);
        expect(rowAt(topOf(i, g) + 55, g), `row ${i} by its foot`).toBe(i);
      }
    }
  });

  it("gives the card to the row it belongs to", () => {
    for (const y of [4 * 56, 4 * 56 + 1, 4 * 56 + 167]) expect(rowAt(y, open)).toBe(3);
    expect(rowAt(4 * 56 + 168, open)).toBe(4);
  });

  it("draws what is in view with some to spare, and never a row that is not there", () => {
    expect(inView(0, 600, closed)).toEqual([0, 11]);
    expect(inView(560, 560, closed, 6)).toEqual([4, 26]);
    expect(inView(0, 600, { ...closed, count: 3 }, 6)).toEqual([0, 3]);
    expect(inView(99_990 * 56, 600, closed, 6)[1]).toBe(100_000);
    expect(inView(0, 600, { ...closed, count: 0 }, 6)).toEqual([0, 0]);
  });

  it("scrolls no further than a row needs", () => {
    expect(scrollTo(5, 0, 600, closed)).toBe(0);
    expect(scrollTo(20, 0, 600, closed)).toBe(21 * 56 - 600);
    expect(scrollTo(2, 560, 600, closed)).toBe(112);
    expect(scrollTo(3, 0, 300, open), "the card comes into view with its row").toBe(4 * 56 + 168 - 300);
  });

  it("leaves hidden rows out and finds their neighbours again", () => {
    const hidden = [0, 4, 5, 9];
    const shown = Array.from({ length: 20 }, (_, place) => place).filter((place) => !hidden.includes(place));
    shown.forEach((place, n) => {
      expect(placeOf(n, hidden)).toBe(place);
      expect(shownAt(place, hidden)).toBe(n);
    });
  });

  it("asks for the pages that cover a range", () => {
    expect(pagesOf(0, 11, 100)).toEqual([0]);
    expect(pagesOf(95, 105, 100)).toEqual([0, 1]);
    expect(pagesOf(100, 200, 100)).toEqual([1]);
  });
});
