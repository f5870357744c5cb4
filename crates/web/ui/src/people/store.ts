// Owns the contact list: groups as the server has them, and changing them.
import { computed } from "@preact/signals";
import { notify } from "../frame/notices";
import { jmap } from "../jmap/client";
import { throwIfNotSet, words } from "../jmap/error";
import { Records } from "../jmap/sync";
import { addressKey } from "../presence/people";
import { t } from "../text";
import type { Contact, Id, ImGroup, ImGroupKind, SetAnswer } from "../jmap/types";

export const groups = new Records<ImGroup>(jmap, "ImGroup");

const KIND_ORDER: ImGroupKind[] = ["favorites", "own", "tagged", "other"];

export function groupName(group: ImGroup): string {
  return group.kind === "own" ? group.name : (t.people.groupNames[group.kind] ?? group.name);
}

/** In the order people look for them; empty groups nobody made are not worth a line. Pure. */
export function orderGroups(all: Iterable<ImGroup>): ImGroup[] {
  return [...all]
    .filter((group) => group.kind === "own" || group.contacts.length > 0)
    .sort(
      (a, b) =>
        KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind) || a.name.localeCompare(b.name),
    );
}

export const shownGroups = computed(() => orderGroups(groups.all.value.values()));

/** Where a contact may be put: all groups but Tagged, which has a meaning of its own. */
export const targetGroups = computed(() =>
  [...groups.all.value.values()]
    .filter((group) => group.kind !== "tagged")
    .sort((a, b) => KIND_ORDER.indexOf(a.kind) - KIND_ORDER.indexOf(b.kind)),
);

export function same(a: string, b: string): boolean {
  return addressKey(a) === addressKey(b);
}

export function isContact(address: string): boolean {
  return [...groups.all.value.values()].some((group) =>
    group.contacts.some((one) => same(one.address, address)),
  );
}

/** The name the person's contacts give an address. */
export function contactName(address: string): string | null {
  for (const group of groups.all.value.values()) {
    const found = group.contacts.find((one) => same(one.address, address));
    if (found?.name) return found.name;
  }
  return null;
}

async function set(args: Record<string, unknown>): Promise<SetAnswer<ImGroup> | null> {
  try {
    const answer = await jmap.call<SetAnswer<ImGroup>>("ImGroup/set", args);
    throwIfNotSet(answer.notCreated, answer.notUpdated, answer.notDestroyed);
    return answer;
  } catch (error) {
    notify({ text: t.people.notDone(words(error)) });
    return null;
  } finally {
    await groups.sync();
  }
}

function without(group: ImGroup, address: string): Contact[] {
  return group.contacts.filter((one) => !same(one.address, address));
}

export async function addContact(contact: Contact, to: Id): Promise<boolean> {
  const group = groups.all.peek().get(to);
  const contacts = [...(group ? without(group, contact.address) : []), contact];
  // A list without any group (one that another server keeps) begins with a group of its own.
  const change = group
    ? { update: { [to]: { contacts } } }
    : { create: { g: { name: t.people.title, contacts } } };
  if (!(await set(change))) return false;
  notify({ text: t.people.added(contact.name, group ? groupName(group) : t.people.title) });
  return true;
}

export async function moveContact(contact: Contact, from: ImGroup, to: ImGroup): Promise<void> {
  await set({
    update: {
      [from.id]: { contacts: without(from, contact.address) },
      [to.id]: { contacts: [...without(to, contact.address), contact] },
    },
  });
}

/** Out of every group. Undo puts the contact back where it was. */
export async function removeContact(contact: Contact): Promise<void> {
  const holding = [...groups.all.peek().values()].filter((group) =>
    group.contacts.some((one) => same(one.address, contact.address)),
  );
  const update = Object.fromEntries(
    holding.map((group) => [group.id, { contacts: without(group, contact.address) }]),
  );
  if (!(await set({ update }))) return;
  const undo = () => {
    const back = holding.map((group) => [group.id, { contacts: group.contacts }] as const);
    void set({ update: Object.fromEntries(back) });
  };
  notify({
    text: t.people.removed(contact.name),
    action: { label: t.general.undo, run: undo },
  });
}

export async function createGroup(name: string): Promise<boolean> {
  return (await set({ create: { g: { name } } })) !== null;
}

export async function renameGroup(id: Id, name: string): Promise<boolean> {
  return (await set({ update: { [id]: { name } } })) !== null;
}

export async function destroyGroup(group: ImGroup): Promise<void> {
  const other = [...groups.all.peek().values()].find((one) => one.kind === "other");
  const kept = group.contacts.filter((contact) => !inAnother(contact, group));
  const update =
    other && kept.length > 0 ? { [other.id]: { contacts: [...other.contacts, ...kept] } } : {};
  await set({ update, destroy: [group.id] });
}

function inAnother(contact: Contact, group: ImGroup): boolean {
  return [...groups.all.peek().values()].some(
    (one) =>
      one.id !== group.id && one.contacts.some((other) => same(other.address, contact.address)),
  );
}
