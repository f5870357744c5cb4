// Owns reading addresses that somebody typed or pasted. Pure.
import type { MailAddress } from "../jmap/types";

const BARE = /^[^\s@<>(),;:"]+@[^\s@<>(),;:"]+$/;
const NAMED = /^(.*?)\s*<([^<>]+)>$/;

/** `ann@example.com` or `Ann Lee <ann@example.com>`; null for anything else. */
export function parseAddress(text: string): MailAddress | null {
  const trimmed = text.trim();
  const named = NAMED.exec(trimmed);
  const email = (named?.[2] ?? trimmed).trim();
  if (!BARE.test(email)) return null;
  const name = (named?.[1] ?? "").replace(/^"(.*)"$/, "$1").trim();
  return { name: name || null, email };
}

/** A pasted list, split at commas, semicolons and lines, but not inside quotes. */
export function splitAddresses(text: string): string[] {
  const parts = text.match(/(?:"[^"]*"|[^,;\n"])+/g) ?? [];
  return parts.map((part) => part.trim()).filter(Boolean);
}

/** While somebody types or pastes: the addresses before the last separator, if all of them are
 * addresses, and what is still being written. */
export function takeWhole(text: string): { whole: MailAddress[]; rest: string } {
  const at = Math.max(text.lastIndexOf(","), text.lastIndexOf(";"), text.lastIndexOf("\n"));
  const parsed = splitAddresses(text.slice(0, at + 1)).map(parseAddress);
  const whole = parsed.filter((one) => one !== null);
  if (whole.length === 0 || whole.length < parsed.length) return { whole: [], rest: text };
  return { whole, rest: text.slice(at + 1).trimStart() };
}
