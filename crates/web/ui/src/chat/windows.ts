// Owns which chat windows stand in the dock and which of them are unfolded: the server knows which
// chats are open (all tabs agree), this tab knows which are folded. Pure parts are functions.
import type { Conversation, Id } from "../jmap/types";

export interface Placement {
  /** Unfolded windows, in the order of the dock. */
  shown: Id[];
  /** Folded ones. */
  folded: Id[];
}

/** `recent` are the ids in the order they were last unfolded, newest last. */
export function placeWindows(
  open: readonly Id[],
  folded: readonly Id[],
  recent: readonly Id[],
  room: number,
): Placement {
  const wanted = open.filter((id) => !folded.includes(id));
  const byRecency = [...wanted].sort((a, b) => recent.indexOf(b) - recent.indexOf(a));
  const fits = new Set(byRecency.slice(0, Math.max(0, room)));
  return {
    shown: wanted.filter((id) => fits.has(id)),
    folded: open.filter((id) => !fits.has(id)),
  };
}

/** Open chats keep their place in the dock; new ones come at the end. */
export function dockOrder(before: readonly Id[], all: Iterable<Conversation>): Id[] {
  const open = new Set([...all].filter((one) => one.isOpen).map((one) => one.id));
  const kept = before.filter((id) => open.has(id));
  return [...kept, ...[...open].filter((id) => !kept.includes(id))];
}

/** How many windows fit beside folders and list. */
export function roomFor(width: number): number {
  const WINDOW_PX = 332;
  const BESIDE_PX = 660;
  const MOST = 3;
  return Math.max(1, Math.min(MOST, Math.floor((width - BESIDE_PX) / WINDOW_PX)));
}
