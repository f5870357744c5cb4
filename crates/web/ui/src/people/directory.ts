// Owns who an email address belongs to: asks the server in batches, remembers the answers.
import { signal, type Signal } from "@preact/signals";
import { jmap, ref } from "../jmap/client";
import { passing } from "../jmap/sync";
import { imPresent } from "../presence/status";
import type { GetAnswer, Id, MailAddress, Principal } from "../jmap/types";

/** Rows that appear together are asked for together. */
const GATHER_MS = 30;
/** Longer lists are asked for in pieces. */
const AT_ONCE = 100;

/** `null`: nobody of ours. `undefined`: not known yet. */
const known = new Map<string, Signal<Principal | null | undefined>>();
let wanted = new Set<string>();
let timer: ReturnType<typeof setTimeout> | undefined;

export function principalOf(email: string): Signal<Principal | null | undefined> {
  const key = email.toLowerCase();
  let one = known.get(key);
  if (!one) {
    one = signal<Principal | null | undefined>(undefined);
    known.set(key, one);
    want(key);
  }
  return one;
}

/** The IM address of an email address, if it is known to have one. */
export function imAddressOf(email: string | null | undefined): string | null {
  if (!email || !imPresent.value) return null;
  return principalOf(email).value?.imAddress ?? null;
}

/** What to call an address: the name it came with, or the one the directory has for it. */
export function addressName(address: MailAddress): string {
  const given = address.name?.trim();
  return given || principalOf(address.email).value?.name || address.email;
}

function want(key: string): void {
  wanted.add(key);
  clearTimeout(timer);
  timer = setTimeout(() => void lookUp(), GATHER_MS);
}

async function lookUp(): Promise<void> {
  const all = [...wanted];
  wanted = new Set();
  for (let from = 0; from < all.length; from += AT_ONCE) {
    const emails = all.slice(from, from + AT_ONCE);
    try {
      const found = await query({ emails });
      const byEmail = new Map(found.map((one) => [one.email?.toLowerCase(), one]));
      for (const email of emails) {
        const one = known.get(email);
        if (one) one.value = byEmail.get(email) ?? null;
      }
    } catch (error) {
      // Asked again when the wire is back.
      for (const email of emails) wanted.add(email);
      if (!passing(error)) console.warn("Principal/query:", error);
    }
  }
}

async function query(filter: { emails?: string[]; text?: string }): Promise<Principal[]> {
  const [, get] = (await jmap.batch([
    ["Principal/query", { filter }],
    ["Principal/get", { "#ids": ref(0, "Principal/query", "/ids") }],
  ])) as [{ ids: Id[] }, GetAnswer<Principal>];
  return get.list;
}

/** People whose name or address contains the words; what is learnt is remembered. */
export async function findPeople(words: string): Promise<Principal[]> {
  const found = await query({ text: words });
  for (const one of found) {
    if (one.email) principalOf(one.email).value = one;
  }
  return found;
}

jmap.on("Principal", () => {
  if (wanted.size > 0) void lookUp();
});
