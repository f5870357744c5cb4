// Owns the box a chat message is written in: sending, typing hints to the other side, leaving.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon } from "../frame/icons";
import { jmap } from "../jmap/client";
import { canWrite } from "../presence/status";
import { enterSends } from "../settings/preferences";
import { t } from "../text";
import type { Conversation, Id } from "../jmap/types";
import { chats } from "./store";

/** The other side hears of typing again after this long. */
const AGAIN_MS = 8_000;
/** No key for this long: not typing any more. */
const IDLE_MS = 6_000;
/** What one SIP MESSAGE may carry is less than a mail; the server has the last word. */
const TEXT_MAX = 8_000;
const TALLEST_PX = 120;

/** What was begun in each chat, so that folding a window loses nothing. */
const begun = new Map<Id, string>();

interface BoxProps {
  conversation: Conversation;
  name: string;
  leave: () => void;
}

export function Box({ conversation, name, leave }: BoxProps) {
  const id = conversation.id;
  const field = useRef<HTMLTextAreaElement>(null);
  const [text, setText] = useState(begun.get(id) ?? "");
  const typing = useTyping(id);
  const change = (value: string) => {
    begun.set(id, value);
    setText(value);
    typing(value.trim() !== "");
  };
  useWantedFocus(field, id);
  useHeight(field, text);
  const isTooLong = text.length > TEXT_MAX;
  const submit = () => {
    if (!text.trim() || isTooLong || !canWrite.peek()) return;
    typing(false);
    chats.send(id, text.trim());
    begun.delete(id);
    setText("");
    field.current?.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (event.isComposing) return;
    const modified = event.ctrlKey || event.metaKey;
    const sends = enterSends.value ? !event.shiftKey && !event.altKey : modified;
    if (event.key === "Enter" && sends) {
      event.preventDefault();
      submit();
    } else if (event.key === "Escape" && text === "") {
      event.preventDefault();
      event.stopPropagation();
      leave();
    }
  };
  return (
    <form
      class="chat-box"
      onSubmit={(event) => {
        event.preventDefault();
        submit();
      }}
    >
      <textarea
        ref={field}
        rows={1}
        value={text}
        dir="auto"
        aria-label={t.chat.input(name)}
        aria-invalid={isTooLong}
        placeholder={t.chat.inputHint}
        onInput={(event) => change(event.currentTarget.value)}
        onKeyDown={onKeyDown}
        onBlur={() => typing(false)}
      />
      <button
        class="chat-send"
        aria-label={t.chat.send(name)}
        title={isTooLong ? t.chat.tooLong : t.chat.send(name)}
        disabled={!text.trim() || isTooLong || !canWrite.value}
      >
        <Icon name="send" />
      </button>
    </form>
  );
}

/** Tells the other side that somebody is typing, not more often than needed. */
function useTyping(id: Id): (active: boolean) => void {
  const told = useRef(0);
  const idle = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const say = (active: boolean) => {
    told.current = active ? Date.now() : 0;
    void jmap.call("Conversation/typing", { conversationId: id, active }).catch(() => undefined);
  };
  const typing = (active: boolean) => {
    clearTimeout(idle.current);
    if (!active) {
      if (told.current) say(false);
      return;
    }
    if (Date.now() - told.current > AGAIN_MS) say(true);
    idle.current = setTimeout(() => typing(false), IDLE_MS);
  };
  useEffect(() => () => typing(false), []);
  return typing;
}

function useWantedFocus(field: { current: HTMLTextAreaElement | null }, id: Id): void {
  const wanted = chats.wanted.value;
  useEffect(() => {
    if (wanted !== id) return;
    chats.wanted.value = null;
    field.current?.focus();
  }, [wanted]);
}

function useHeight(field: { current: HTMLTextAreaElement | null }, text: string): void {
  useLayoutEffect(() => {
    const element = field.current;
    if (!element) return;
    element.style.blockSize = "auto";
    element.style.blockSize = `${Math.min(element.scrollHeight, TALLEST_PX)}px`;
  }, [text]);
}
