// Owns the dialog that adds a contact: find the person, choose the group.
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../frame/dialog";
import { t } from "../text";
import type { Contact, Id, Principal } from "../jmap/types";
import { SuggestionList, chooseByKey, comboboxProps, useSuggestions } from "./suggestions";
import { addContact, groupName, isContact, shownGroups, targetGroups } from "./store";

interface Asked {
  contact: Contact | null;
  group: Id | null;
}

const asked = signal<Asked | null>(null);

export function openAddContact(contact?: Contact, group?: Id): void {
  asked.value = { contact: contact ?? null, group: group ?? null };
}

export function AddContact() {
  if (!asked.value) return null;
  return (
    <Dialog title={t.people.addTitle} closed={() => (asked.value = null)}>
      <Form start={asked.value} />
    </Dialog>
  );
}

const ADDRESS = /^(?:sips?:)?[^\s@<>]+@[^\s@<>]+$/i;

/** What was typed, if it is a whole address. */
export function typedContact(words: string): Contact | null {
  const text = words.trim();
  if (!ADDRESS.test(text)) return null;
  const bare = text.replace(/^sips?:/i, "");
  return { address: /^sips?:/i.test(text) ? text : `sip:${bare}`, name: bare };
}

function startGroup(group: Id | null): Id {
  const all = targetGroups.peek();
  const fallback = all.find((one) => one.kind === "other") ?? shownGroups.peek()[0] ?? all[0];
  return group ?? fallback?.id ?? "";
}

function Form({ start }: { start: Asked }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState(start.contact?.name ?? "");
  const [found, setFound] = useState<Contact | null>(start.contact);
  const [group, setGroup] = useState(() => startGroup(start.group));
  const [isBusy, setBusy] = useState(false);
  const noAddress = (one: Principal) => !one.imAddress || isContact(one.imAddress);
  const suggestions = useSuggestions(found ? "" : words, noAddress);
  useEffect(() => field.current?.focus(), []);
  const take = (one: Principal) => {
    if (!one.imAddress) return;
    setFound({ address: one.imAddress, name: one.name });
    setWords(one.name);
    suggestions.clear();
  };
  const contact = found ?? typedContact(words);
  const submit = async (event: Event) => {
    event.preventDefault();
    const chosen = suggestions.list[suggestions.chosen];
    if (!contact && chosen) return take(chosen);
    if (!contact) return;
    setBusy(true);
    if (await addContact(contact, group)) asked.value = null;
    setBusy(false);
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <label for={`${id}-who`}>{t.people.find}</label>
      <div class="combo">
        <input
          id={`${id}-who`}
          ref={field}
          value={words}
          placeholder={t.people.findHint}
          dir="auto"
          {...comboboxProps(`${id}-list`, suggestions)}
          onInput={(event) => {
            setFound(null);
            setWords(event.currentTarget.value);
          }}
          onKeyDown={(event) => void chooseByKey(event, suggestions)}
        />
        <SuggestionList id={`${id}-list`} suggestions={suggestions} take={take} />
      </div>
      {suggestions.answered && suggestions.list.length === 0 && !contact && (
        <p class="quiet">{t.people.nobodyFound}</p>
      )}
      {found && <p class="quiet">{found.address}</p>}
      <GroupField id={`${id}-group`} value={group} change={setGroup} />
      <footer>
        <button type="button" onClick={() => (asked.value = null)}>
          {t.general.cancel}
        </button>
        <button
          type="submit"
          class="primary"
          disabled={isBusy || (!contact && suggestions.list.length === 0)}
        >
          {t.people.add}
        </button>
      </footer>
    </form>
  );
}

interface GroupFieldProps {
  id: string;
  value: Id;
  change: (to: Id) => void;
}

function GroupField({ id, value, change }: GroupFieldProps) {
  return (
    <>
      <label for={id}>{t.people.toGroup}</label>
      <select id={id} value={value} onChange={(event) => change(event.currentTarget.value)}>
        {targetGroups.value.map((one) => (
          <option key={one.id} value={one.id}>
            {groupName(one)}
          </option>
        ))}
      </select>
    </>
  );
}
