// Owns the key map as data: help, tooltips and the dispatcher all read it. Pure.
// Does not own what the actions do: keyboard.ts.
import type { en } from "../text/en";

export type Action = keyof typeof en.settings.keys;

export interface Binding {
  action: Action;
  group: "list" | "message" | "go" | "chat" | "page";
  /** As `event.key` gives it; "g i" is one key after the other; Alt chords go by the key's place. */
  keys: string[];
}

// Gmail's family of keys. Browser keys (Ctrl+N, Ctrl+T, Ctrl+W, Ctrl+L, Alt+D, F5, Backspace) stay
// the browser's.
export const BINDINGS: Binding[] = [
  { action: "next", group: "list", keys: ["j"] },
  { action: "previous", group: "list", keys: ["k"] },
  { action: "open", group: "list", keys: ["o"] },
  { action: "backToList", group: "list", keys: ["u"] },
  { action: "compose", group: "page", keys: ["c"] },
  { action: "search", group: "page", keys: ["/"] },
  { action: "reply", group: "message", keys: ["r"] },
  { action: "replyAll", group: "message", keys: ["a"] },
  { action: "forward", group: "message", keys: ["f"] },
  { action: "replyByIm", group: "message", keys: ["i"] },
  { action: "archive", group: "message", keys: ["e"] },
  { action: "remove", group: "message", keys: ["#", "Delete"] },
  { action: "markRead", group: "message", keys: ["I"] },
  { action: "markUnread", group: "message", keys: ["U"] },
  { action: "flag", group: "message", keys: ["s"] },
  { action: "send", group: "message", keys: ["Ctrl+Enter"] },
  { action: "goInbox", group: "go", keys: ["g i"] },
  { action: "goDrafts", group: "go", keys: ["g d"] },
  { action: "goSent", group: "go", keys: ["g t"] },
  { action: "goDeleted", group: "go", keys: ["g x"] },
  { action: "goPeople", group: "go", keys: ["g c"] },
  { action: "focusChat", group: "chat", keys: ["Alt+C", "g h"] },
  { action: "nextChat", group: "chat", keys: ["Alt+N"] },
  { action: "presenceMenu", group: "chat", keys: ["Alt+P"] },
  { action: "undo", group: "page", keys: ["z"] },
  { action: "nextPane", group: "page", keys: ["F6"] },
  { action: "previousPane", group: "page", keys: ["Shift+F6"] },
  { action: "help", group: "page", keys: ["?"] },
];

export interface Stroke {
  key: string;
  code: string;
  altKey: boolean;
  ctrlKey: boolean;
  metaKey: boolean;
  shiftKey: boolean;
}

/** The name of a stroke in the words of the map. */
export function strokeName(stroke: Stroke): string {
  if (stroke.altKey && stroke.code.startsWith("Key")) return `Alt+${stroke.code.slice(3)}`;
  if (stroke.altKey) return `Alt+${stroke.key}`;
  if (stroke.ctrlKey || stroke.metaKey) return `Ctrl+${stroke.key}`;
  if (stroke.shiftKey && [...stroke.key].length > 1) return `Shift+${stroke.key}`;
  return stroke.key;
}

export type Match = { action: Action } | { prefix: string } | null;

/** What a stroke means, after `prefix` if one was struck before. */
export function matchStroke(name: string, prefix: string): Match {
  const whole = prefix ? `${prefix} ${name}` : name;
  for (const { action, keys } of BINDINGS) {
    if (keys.includes(whole)) return { action };
  }
  if (!prefix && BINDINGS.some(({ keys }) => keys.some((key) => key.startsWith(`${name} `)))) {
    return { prefix: name };
  }
  return null;
}

/** Keys without Alt, Ctrl or F act only where nobody writes, and can be switched off (WCAG 2.1.4). */
export function isSingle(name: string): boolean {
  return !/^(Alt|Ctrl)\+|F6$/.test(name);
}

/** How a key is written for people: "Shift+I" for "I". */
export function spelled(key: string): string {
  return key
    .split(" ")
    .map((part) => (/^[A-Z]$/.test(part) ? `Shift+${part}` : part))
    .join(" ");
}

export function keyName(action: Action): string {
  const key = BINDINGS.find((one) => one.action === action)?.keys[0];
  return key ? spelled(key) : "";
}
