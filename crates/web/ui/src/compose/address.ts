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
