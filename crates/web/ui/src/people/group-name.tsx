// Owns the dialog that names a group: a new one, or one that exists.
import { signal } from "@preact/signals";
import { useEffect, useId, useRef, useState } from "preact/hooks";
import { Dialog } from "../frame/dialog";
import { t } from "../text";
import type { ImGroup } from "../jmap/types";
import { createGroup, renameGroup } from "./store";

const asked = signal<{ group: ImGroup | null } | null>(null);
const NAME_MAX = 120;

/** For the group; `null` for a new one. */
export function openGroupName(group: ImGroup | null): void {
  asked.value = { group };
}

export function GroupName() {
  if (!asked.value) return null;
  const { group } = asked.value;
  return (
    <Dialog
      title={group ? t.people.renameGroup : t.people.newGroupTitle}
      closed={() => (asked.value = null)}
    >
      <Form group={group} />
    </Dialog>
  );
}

function Form({ group }: { group: ImGroup | null }) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [name, setName] = useState(group?.name ?? "");
  useEffect(() => field.current?.select(), []);
  const submit = async (event: Event) => {
    event.preventDefault();
    const given = name.trim();
    if (!given) return;
    const done = group ? await renameGroup(group.id, given) : await createGroup(given);
    if (done) asked.value = null;
  };
  return (
    <form class="form" onSubmit={(event) => void submit(event)}>
      <label for={id}>{t.people.groupName}</label>
      <input
        id={id}
        ref={field}
        value={name}
        maxLength={NAME_MAX}
        required
        dir="auto"
        autocomplete="off"
        onInput={(event) => setName(event.currentTarget.value)}
      />
      <footer>
        <button type="button" onClick={() => (asked.value = null)}>
          {t.general.cancel}
        </button>
        <button type="submit" class="primary" disabled={!name.trim()}>
          {group ? t.people.save : t.people.create}
        </button>
      </footer>
    </form>
  );
}
