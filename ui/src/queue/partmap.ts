/** The map of parts: one path for each state, so that ten thousand parts cost what ten do. Arithmetic only. */
export const COLUMNS = 46;
const CELL = 8;
/** Above this many parts a cell stands for several. */
export const MOST_CELLS = 2_000;

export interface PartMap {
  landed: string;
  flight: string;
  wanted: string;
  height: number;
  flying: number;
}

const square = (n: number) => `M${(n % COLUMNS) * CELL} ${Math.floor(n / COLUMNS) * CELL}h6v6h-6z`;

/** `landed` are runs `[first, count]`. A cell of several parts has landed when all of them have. */
export function partMap(total: number, landed: readonly (readonly [number, number])[], inFlight: readonly number[]): PartMap {
  const each = Math.max(1, Math.ceil(total / MOST_CELLS));
  const cells = Math.ceil(total / each);
  const here = new Uint32Array(cells);
  for (const [first, count] of landed) {
    for (let cell = Math.floor(first / each); cell * each < first + count && cell < cells; cell += 1) {
      const from = Math.max(first, cell * each);
      const to = Math.min(first + count, (cell + 1) * each, total);
      here[cell] = (here[cell] ?? 0) + Math.max(0, to - from);
    }
  }
  const flying = new Set(inFlight.map((part) => Math.floor(part / each)));
  const map: PartMap = { landed: "", flight: "", wanted: "", height: Math.ceil(cells / COLUMNS) * CELL - 2, flying: 0 };
  for (let cell = 0; cell < cells; cell += 1) {
    const whole = Math.min(each, total - cell * each);
    if ((here[cell] ?? 0) >= whole) map.landed += square(cell);
    else if (flying.has(cell)) {
      map.flight += `M${(cell % COLUMNS) * CELL + 0.6} ${Math.floor(cell / COLUMNS) * CELL + 0.6}h4.8v4.8h-4.8z`;
      map.flying += 1;
    } else map.wanted += square(cell);
  }
  return map;
}

export const landedParts = (landed: readonly (readonly [number, number])[]) => landed.reduce((sum, [, count]) => sum + count, 0);
