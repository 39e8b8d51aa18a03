/**
 * Where days and rows stand in the list: arithmetic only.
 *
 * A day is a line above its rows and every line has one height, so a position is a product; which day a row belongs to is a search among days.
 */
import type { HistoryDay } from "../bindings";

export type Line = { kind: "day"; day: number } | { kind: "row"; index: number };

/** Lines above the first row of each day, its own among them, and rows above it. */
export interface Days {
  /** The line of each day. */
  lines: number[];
  /** The first row of each day. */
  rows: number[];
  /** Lines in all. */
  count: number;
}

export function layOut(days: readonly HistoryDay[]): Days {
  const lines: number[] = [];
  const rows: number[] = [];
  let row = 0;
  days.forEach((day, n) => {
    lines.push(n + row);
    rows.push(row);
    row += day.uploads;
  });
  return { lines, rows, count: days.length + row };
}

/** The last of `ascending` that is not above `at`. */
function last(ascending: readonly number[], at: number): number {
  let [low, high] = [0, ascending.length];
  while (high - low > 1) {
    const middle = (low + high) >> 1;
    if ((ascending[middle] ?? Infinity) <= at) low = middle;
    else high = middle;
  }
  return low;
}

export function lineAt(line: number, days: Days): Line {
  const day = last(days.lines, line);
  const of = days.lines[day] ?? 0;
  return of === line ? { kind: "day", day } : { kind: "row", index: (days.rows[day] ?? 0) + line - of - 1 };
}

/** The line of a row. */
export const lineOf = (index: number, days: Days): number => index + last(days.rows, index) + 1;
