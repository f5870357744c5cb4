// Owns a field of recipients: people as chips with their marks, suggestions while typing.
import { useId, useRef, useState } from "preact/hooks";
import { Icon } from "../frame/icons";
import { imAddressOf } from "../people/directory";
import { PersonMark, presenceWords } from "../presence/mark";
import {
  SuggestionList,
  chooseByKey,
  comboboxProps,
  useSuggestions,
} from "../people/suggestions";
import { t } from "../text";
import type { MailAddress, Principal } from "../jmap/types";
import { parseAddress, splitAddresses, takeWhole } from "./address";

interface RecipientsProps {
  label: string;
  list: MailAddress[];
  change: (list: MailAddress[]) => void;
  /** Says what was typed and is not an address; null once it is fine. */
  complain: (text: string | null) => void;
}

export function Recipients({ label, list, change, complain }: RecipientsProps) {
  const id = useId();
  const field = useRef<HTMLInputElement>(null);
  const [words, setWords] = useState("");
  const has = (email: string | null) =>
    list.some((one) => one.email.toLowerCase() === email?.toLowerCase());
  const suggestions = useSuggestions(words, (one) => !one.email || has(one.email));
  const add = (fresh: MailAddress[]) => {
    change([...list, ...fresh.filter((one) => !has(one.email))]);
    setWords("");
    suggestions.clear();
    complain(null);
  };
  /** A list that was pasted becomes chips up to its last separator. */
  const typed = (value: string) => {
    const { whole, rest } = takeWhole(value);
    if (whole.length > 0) add(whole);
    setWords(rest);
  };
  const takePerson = (one: Principal) => one.email && add([{ name: one.name, email: one.email }]);
  const takeTyped = (): boolean => {
    const typed = splitAddresses(words);
    const parsed = typed.map(parseAddress);
    const bad = typed[parsed.indexOf(null)];
    if (bad !== undefined) complain(bad);
    else if (typed.length > 0) add(parsed.filter((one) => one !== null));
    return bad === undefined;
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (chooseByKey(event, suggestions)) return;
    const chosen = suggestions.list[suggestions.chosen];
    const takes = event.key === "Enter" || event.key === "," || event.key === ";";
    if (event.key === "Escape" && chosen) {
      suggestions.clear();
      event.stopPropagation();
    } else if ((takes || event.key === "Tab") && words.trim()) {
      if (event.ctrlKey || event.metaKey) return;
      const whole = parseAddress(words);
      if (chosen && !whole) takePerson(chosen);
      else takeTyped();
      if (takes) event.preventDefault();
    } else if (event.key === "Backspace" && !words && list.length > 0) {
      change(list.slice(0, -1));
    }
  };
  return (
    <div class="compose-line">
      <label for={`${id}-field`}>{label}</label>
      <div class="recipients" onClick={() => field.current?.focus()}>
        {list.map((one) => (
          <Chip
            key={one.email}
            address={one}
            remove={() => {
              change(list.filter((other) => other !== one));
              field.current?.focus();
            }}
          />
        ))}
        <input
          id={`${id}-field`}
          ref={field}
          value={words}
          dir="auto"
          spellcheck={false}
          {...comboboxProps(`${id}-list`, suggestions)}
          onInput={(event) => typed(event.currentTarget.value)}
          onKeyDown={onKeyDown}
          onBlur={() => {
            suggestions.clear();
            takeTyped();
          }}
        />
      </div>
      <SuggestionList id={`${id}-list`} suggestions={suggestions} take={takePerson} />
    </div>
  );
}

function Chip({ address, remove }: { address: MailAddress; remove: () => void }) {
  const im = imAddressOf(address.email);
  const name = address.name?.trim() || address.email;
  const presence = presenceWords(im);
  return (
    <span class="chip" title={presence ? `${address.email}, ${presence}` : address.email}>
      <PersonMark address={im} />
      <span dir="auto">{name}</span>
      <button
        type="button"
        aria-label={t.compose.removeRecipient(name)}
        onClick={(event) => {
          event.stopPropagation();
          remove();
        }}
      >
        <Icon name="close" />
      </button>
    </span>
  );
}
