// Owns the browser's own notification of an incoming chat, for when the page is in the background.
// Only if somebody switched it on, which is when the browser is asked for its permission.
import { inBrowser, kept } from "../frame/kept";
import type { ChatMessage } from "../jmap/types";

export const desktopNotes = kept("desktop-notes", false, inBrowser);

export const canNote = typeof Notification === "function";

/** Asks the browser; must follow something the person did. False if it says no. */
export async function allowNotes(): Promise<boolean> {
  if (!canNote) return false;
  if (Notification.permission === "granted") return true;
  return (await Notification.requestPermission()) === "granted";
}

export function note(message: ChatMessage, name: string, open: () => void): void {
  if (!desktopNotes.peek() || !canNote || Notification.permission !== "granted") return;
  if (document.visibilityState === "visible" && document.hasFocus()) return;
  const shown = new Notification(name, { body: message.text, tag: message.conversationId });
  shown.onclick = () => {
    window.focus();
    shown.close();
    open();
  };
}
