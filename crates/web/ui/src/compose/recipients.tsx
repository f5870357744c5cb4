// Owns a field of recipients: people as chips with their marks, suggestions while typing.
import { useId, useRef, useState } from "preact/hooks";
import { Icon } from "../frame/icons";
import { addressName, imAddressOf } from "../people/directory";
import { PersonMark, presenceWords } from "../presence/mark";
import { SuggestionList, chooseByKey, comboboxProps, useSuggestions } from "../people/suggestions";
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

/** What is written in the field, and how it becomes people. */
function useField({ list, change, complain }: RecipientsProps) {
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
  const write = (value: string) => {
    const { whole, rest } = takeWhole(value);
    if (whole.length > 0) add(whole);
    setWords(rest);
  };
  const takePerson = (one: Principal) => {
    if (one.email) add([{ name: one.name, email: one.email }]);
  };
  const takeTyped = () => {
    const typed = splitAddresses(words);
    const parsed = typed.map(parseAddress);
    const bad = typed[parsed.indexOf(null)];
    complain(bad ?? null);
    if (bad === undefined && typed.length > 0) add(parsed.filter((one) => one !== null));
  };
  return { words, write, suggestions, takePerson, takeTyped };
}

function onFieldKey(
  event: KeyboardEvent,
  field: ReturnType<typeof useField>,
  removeLast: () => void,
): void {
  const { words, suggestions } = field;
  if (chooseByKey(event, suggestions)) return;
  const chosen = suggestions.list[suggestions.chosen];
  const takes = ["Enter", ",", ";"].includes(event.key);
  if (event.key === "Escape" && chosen) {
    suggestions.clear();
    event.stopPropagation();
  } else if ((takes || event.key === "Tab") && words.trim()) {
    if (event.ctrlKey || event.metaKey) return;
    if (chosen && !parseAddress(words)) field.takePerson(chosen);
    else field.takeTyped();
    if (takes) event.preventDefault();
  } else if (event.key === "Backspace" && !words) {
    removeLast();
  }
}

export function Recipients(props: RecipientsProps) {
  const { label, list, change } = props;
  const id = useId();
  const input = useRef<HTMLInputElement>(null);
  const field = useField(props);
  const { suggestions } = field;
  const remove = (one: MailAddress) => {
    change(list.filter((other) => other !== one));
    input.current?.focus();
  };
  return (
    <div class="compose-line">
      <label for={`${id}-field`}>{label}</label>
      <div class="recipients" onClick={() => input.current?.focus()}>
        {list.map((one) => (
          <Chip key={one.email} address={one} remove={() => remove(one)} />
        ))}
        <input
          id={`${id}-field`}
          ref={input}
          value={field.words}
          dir="auto"
          spellcheck={false}
          {...comboboxProps(`${id}-list`, suggestions)}
          onInput={(event) => field.write(event.currentTarget.value)}
          onKeyDown={(event) => onFieldKey(event, field, () => change(list.slice(0, -1)))}
          onBlur={() => {
            suggestions.clear();
            field.takeTyped();
          }}
        />
      </div>
      <SuggestionList id={`${id}-list`} suggestions={suggestions} take={field.takePerson} />
    </div>
  );
}

function Chip({ address, remove }: { address: MailAddress; remove: () => void }) {
  const im = imAddressOf(address.email);
  const name = addressName(address);
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
