// Owns finding people while somebody types: the answers, which one is chosen, and how they are
// drawn.
// Used by the recipients of a message and by adding a contact.
import { useEffect, useState } from "preact/hooks";
import { Avatar } from "./avatar";
import { findPeople } from "./directory";
import { presenceWords } from "../presence/mark";
import { t } from "../text";
import type { Principal } from "../jmap/types";

/** The server is asked once the fingers rest. */
const REST_MS = 120;
/** The server does not search for fewer. */
const LETTERS_MIN = 2;
const SHOWN_MAX = 8;

export interface Suggestions {
  list: Principal[];
  chosen: number;
  /** True once the server has answered for these words. */
  answered: boolean;
  choose(at: number): void;
  clear(): void;
}

export function useSuggestions(words: string, leaveOut: (one: Principal) => boolean): Suggestions {
  const [list, setList] = useState<Principal[]>([]);
  const [answered, setAnswered] = useState(false);
  const [chosen, choose] = useState(0);
  useEffect(() => {
    setAnswered(false);
    const sought = words.trim();
    if ([...sought].length < LETTERS_MIN) {
      setList([]);
      return undefined;
    }
    let isCurrent = true;
    const timer = setTimeout(() => {
      findPeople(sought)
        .then((found) => {
          if (!isCurrent) return;
          setList(found.filter((one) => !leaveOut(one)).slice(0, SHOWN_MAX));
          choose(0);
          setAnswered(true);
        })
        .catch(() => undefined);
    }, REST_MS);
    return () => {
      isCurrent = false;
      clearTimeout(timer);
    };
  }, [words]);
  return { list, chosen, answered, choose, clear: () => setList([]) };
}

/** Up and Down choose; true if the key was one of them. */
export function chooseByKey(event: KeyboardEvent, suggestions: Suggestions): boolean {
  const { list, chosen, choose } = suggestions;
  if (list.length === 0) return false;
  if (event.key === "ArrowDown") choose((chosen + 1) % list.length);
  else if (event.key === "ArrowUp") choose((chosen - 1 + list.length) % list.length);
  else return false;
  event.preventDefault();
  return true;
}

interface ListProps {
  id: string;
  suggestions: Suggestions;
  take: (one: Principal) => void;
}

export function SuggestionList({ id, suggestions, take }: ListProps) {
  const { list, chosen, answered } = suggestions;
  return (
    <>
      <div
        id={id}
        class="suggestions"
        role="listbox"
        aria-label={t.compose.suggestions}
        hidden={list.length === 0}
      >
        {list.map((one, index) => {
          const presence = presenceWords(one.imAddress);
          return (
            <div
              key={one.id}
              id={`${id}-${index}`}
              role="option"
              aria-selected={index === chosen}
              class="suggestion"
              // Before the field loses the focus, which would close the list.
              onPointerDown={(event) => {
                event.preventDefault();
                take(one);
              }}
            >
              <Avatar name={one.name} address={one.imAddress} email={one.email} small />
              <span class="suggestion-words">
                <span dir="auto">
                  {one.name}
                  <span class="comma">, </span>
                </span>
                <span class="quiet">{presence ? `${presence} · ${one.email}` : one.email}</span>
              </span>
            </div>
          );
        })}
      </div>
      <span class="unseen" role="status">
        {answered ? t.compose.found(list.length) : ""}
      </span>
    </>
  );
}

/** What a combobox needs to point at its list. */
export function comboboxProps(id: string, suggestions: Suggestions) {
  const isOpen = suggestions.list.length > 0;
  return {
    role: "combobox" as const,
    autocomplete: "off",
    "aria-autocomplete": "list" as const,
    "aria-expanded": isOpen,
    "aria-controls": id,
    "aria-activedescendant": isOpen ? `${id}-${suggestions.chosen}` : undefined,
  };
}
