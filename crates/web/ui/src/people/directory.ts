// Owns who an email or SIP address belongs to: asks the server in batches, remembers the answers,
// and asks again when the directory of people has changed.
import { signal, type Signal } from "@preact/signals";
import { jmap, ref } from "../jmap/client";
import { passing } from "../jmap/sync";
import { imPresent } from "../presence/status";
import type { GetAnswer, Id, MailAddress, Principal } from "../jmap/types";

/** Rows that appear together are asked for together. */
const GATHER_MS = 30;
/** Over which all pages spread what they ask when somebody's photo has changed. */
const SPREAD_MS = 300;
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

const isSip = (key: string): boolean => key.startsWith("sip:");

async function lookUp(): Promise<void> {
  const all = [...wanted];
  wanted = new Set();
  for (const keys of [all.filter((key) => !isSip(key)), all.filter(isSip)]) {
    for (let from = 0; from < keys.length; from += AT_ONCE) {
      await lookUpSome(keys.slice(from, from + AT_ONCE));
    }
  }
}

/** All of one kind. */
async function lookUpSome(keys: string[]): Promise<void> {
  const bySip = keys.some(isSip);
  try {
    const found = await query(bySip ? { imAddresses: keys } : { emails: keys });
    const key = (one: Principal) => (bySip ? one.imAddress : one.email)?.toLowerCase();
    const byKey = new Map(found.map((one) => [key(one), one]));
    for (const address of keys) {
      const one = known.get(address);
      if (one) put(one, byKey.get(address) ?? null);
    }
  } catch (error) {
    // Asked again when the wire is back.
    for (const address of keys) wanted.add(address);
    if (!passing(error)) console.warn("Principal/query:", error);
  }
}

/** The same answer again draws nothing anew. */
function put(one: Signal<Principal | null | undefined>, answer: Principal | null): void {
  if (JSON.stringify(one.peek()) !== JSON.stringify(answer)) one.value = answer;
}

interface Filter {
  emails?: string[];
  imAddresses?: string[];
  text?: string;
}

async function query(filter: Filter): Promise<Principal[]> {
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
  for (const key of known.keys()) wanted.add(key);
  clearTimeout(timer);
  // Pages all hear of it in the same moment.
  if (wanted.size > 0) timer = setTimeout(() => void lookUp(), GATHER_MS + SPREAD_MS * Math.random());
});
