/**
 * Where rows stand and which of them are in view: arithmetic only.
 *
 * Every row has one height and at most one card is open, so a position is a product and never a search. Rows that are hidden for the moment
 * (their removal can still be undone) are taken out by their places.
 */
export interface Geometry {
  /** Height of a row in px, measured once after each change of zoom. */
  row: number;
  /** Height of the error card in px. */
  card: number;
  /** The row whose card is open, by its shown place; -1 for none. */
  open: number;
  /** Rows shown. */
  count: number;
}

export const topOf = (i: number, g: Geometry) => i * g.row + (g.open >= 0 && i > g.open ? g.card : 0);

export const heightOf = (g: Geometry) => g.count * g.row + (g.open >= 0 && g.open < g.count ? g.card : 0);

/** The row at `y`; the card belongs to its row. */
export function rowAt(y: number, g: Geometry): number {
  const open = g.open >= 0 ? g.open : g.count;
  const belowOpen = (open + 1) * g.row;
  const i = y < belowOpen ? Math.floor(y / g.row) : y < belowOpen + g.card ? open : Math.floor((y - g.card) / g.row);
  return Math.max(0, Math.min(g.count - 1, i));
}

/** First row in view and the one after the last, with `spare` more on both sides. */
export function inView(scrollTop: number, height: number, g: Geometry, spare = 0): [from: number, to: number] {
  if (g.count === 0) return [0, 0];
  const from = rowAt(Math.max(0, scrollTop), g);
  const to = rowAt(scrollTop + Math.max(0, height - 1), g) + 1;
  return [Math.max(0, from - spare), Math.min(g.count, to + spare)];
}

/** The least scrolling that brings row `i` into view whole. */
export function scrollTo(i: number, scrollTop: number, height: number, g: Geometry): number {
  const top = topOf(i, g);
  const bottom = top + g.row + (i === g.open ? g.card : 0);
  if (top < scrollTop) return top;
  return bottom > scrollTop + height ? Math.max(0, Math.min(top, bottom - height)) : scrollTop;
}

/** The place in the queue of the row shown at `shown`, when the places in `hidden` (ascending) are left out. */
export function placeOf(shown: number, hidden: readonly number[]): number {
  let place = shown;
  for (const out of hidden) {
    if (out > place) break;
    place += 1;
  }
  return place;
}

/** The inverse of `placeOf`, for a place that is not hidden. */
export function shownAt(place: number, hidden: readonly number[]): number {
  let before = 0;
  for (const out of hidden) {
    if (out >= place) break;
    before += 1;
  }
  return place - before;
}

/** The pages that cover rows `from` to `to`. */
export function pagesOf(from: number, to: number, size: number): number[] {
  const pages: number[] = [];
  for (let page = Math.floor(from / size); page * size < to; page += 1) pages.push(page);
  return pages;
}
