// Owns the arithmetic of a list with rows of equal height. Pure.

export interface Rows {
  from: number;
  /** Exclusive. */
  to: number;
}

/** Rows drawn beyond the edges, so that scrolling does not show gaps. */
const BEYOND = 8;
/** Up to here all rows exist: searching in the page, printing and tests see them. */
export const ALL_UP_TO = 200;

export function rowsInView(top: number, height: number, rowPx: number, total: number): Rows {
  if (total <= ALL_UP_TO) return { from: 0, to: total };
  const first = Math.max(0, Math.floor(top / rowPx) - BEYOND);
  const last = Math.ceil((top + height) / rowPx) + BEYOND;
  return { from: Math.min(first, total), to: Math.min(total, last) };
}
