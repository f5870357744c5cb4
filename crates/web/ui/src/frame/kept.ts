// Owns signals that survive a reload: in the tab (drafts, open windows) or in the browser
// (settings).
import { effect, signal, type Signal } from "@preact/signals";

export function kept<T>(name: string, start: T, where: () => Storage): Signal<T> {
  const key = `tandem.${name}`;
  let first = start;
  try {
    const text = where().getItem(key);
    if (text !== null) first = JSON.parse(text) as T;
  } catch {
    // A browser that keeps nothing, or something else's content: start anew.
  }
  const one = signal(first);
  effect(() => {
    const text = JSON.stringify(one.value);
    try {
      where().setItem(key, text);
    } catch {
      // Full or forbidden: it is kept in memory only.
    }
  });
  return one;
}

export const inTab = () => sessionStorage;
export const inBrowser = () => localStorage;
