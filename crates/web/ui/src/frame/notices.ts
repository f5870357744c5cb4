// Owns the short notices at the lower edge: what was done, with Undo, or why it was not.
// Does not own the toast of an incoming chat: chat/toast.tsx.
import { signal } from "@preact/signals";

export interface Notice {
  id: number;
  text: string;
  action?: { label: string; run: () => void };
}

/** Long enough to read, to reach Undo with Tab, and to change one's mind (webmail M7). */
export const NOTICE_MS = 10_000;
const AT_MOST = 3;

export const notices = signal<Notice[]>([]);
let next = 1;

export function notify(notice: Omit<Notice, "id">): void {
  notices.value = [...notices.value, { ...notice, id: next++ }].slice(-AT_MOST);
}

export function dismiss(id: number): void {
  notices.value = notices.value.filter((one) => one.id !== id);
}

/** Runs the newest Undo, for the key. */
export function runNewestAction(): boolean {
  const one = notices.value.findLast((notice) => notice.action);
  if (!one?.action) return false;
  dismiss(one.id);
  one.action.run();
  return true;
}
