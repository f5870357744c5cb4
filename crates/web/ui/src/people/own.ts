// Owns who is signed in: name, address, identities to write from.
import { computed, signal } from "@preact/signals";
import { jmap } from "../jmap/client";
import type { GetAnswer, Identity } from "../jmap/types";

export const identities = signal<Identity[]>([]);

export async function loadIdentities(): Promise<void> {
  try {
    identities.value = (await jmap.call<GetAnswer<Identity>>("Identity/get", { ids: null })).list;
  } catch (error) {
    console.warn("Identity/get:", error);
  }
}

export const ownName = computed(() => {
  const identity = identities.value[0]?.name?.trim();
  const session = jmap.session.value;
  return identity || session?.accounts[jmap.accountId]?.name || session?.username || "";
});

export function isOwnAddress(email: string): boolean {
  return identities.peek().some((one) => one.email.toLowerCase() === email.toLowerCase());
}
