// Owns one chat: head with mark, the log, what will happen to a message, the box to write in.
// Does not own the entries: entries.tsx.
import { useEffect, useRef } from "preact/hooks";
import { Icon } from "../frame/icons";
import { size } from "../frame/size";
import { go } from "../frame/route";
import { jmap } from "../jmap/client";
import { Avatar } from "../people/avatar";
import { look } from "../presence/mark";
import { currentState } from "../presence/state";
import { people } from "../presence/people";
import { canWrite, imState } from "../presence/status";
import { typingHints } from "../settings/preferences";
import { focusList } from "../mail/store";
import { t } from "../text";
import type { Conversation } from "../jmap/types";
import { Box } from "./box";
import { Entries } from "./entries";
import { chatName, chats } from "./store";

export function ChatWindow({ conversation }: { conversation: Conversation }) {
  const place = useRef<HTMLElement>(null);
  const name = chatName(conversation);
  const isPage = size.value === "narrow";
  useSeen(place, conversation);
  const id = conversation.id;
  return (
    <section
      ref={place}
      class={conversation.unread > 0 ? "chat unread" : "chat"}
      aria-label={t.chat.window(name)}
    >
      <header class="chat-head">
        {isPage && (
          <button
            class="icon-button"
            aria-label={t.general.back}
            onClick={() => go({ view: "chats", conversation: null })}
          >
            <Icon name="back" />
          </button>
        )}
        <Avatar name={name} address={conversation.with} small />
        <Title conversation={conversation} name={name} />
        {conversation.unread > 0 && <span class="count strong">{conversation.unread}</span>}
        {!isPage && (
          <button
            class="icon-button"
            aria-label={t.chat.minimise}
            onClick={() => leaveTo(() => chats.fold(id))}
          >
            <Icon name="minimise" />
          </button>
        )}
        <button
          class="icon-button"
          aria-label={t.chat.close}
          onClick={() => leaveTo(() => chats.close(id))}
        >
          <Icon name="close" />
        </button>
      </header>
      <Entries conversation={conversation} name={name} />
      <Hints conversation={conversation} name={name} />
      <Box conversation={conversation} name={name} leave={() => leaveTo(() => chats.close(id))} />
    </section>
  );
}

/** The window goes; the focus must go somewhere that stays. */
function leaveTo(go: () => void): void {
  go();
  focusList.value += 1;
}

function Title({ conversation, name }: { conversation: Conversation; name: string }) {
  const what = look(conversation.with);
  const note = people.of(conversation.with).value?.note;
  return (
    <div class="chat-title">
      <h2 dir="auto">{name}</h2>
      {what && (
        <span class="quiet" dir="auto">
          {note ? `${what.text} · ${note}` : what.text}
        </span>
      )}
    </div>
  );
}

/** Unread ones count as read once the person does something in the window. */
function useSeen(place: { current: HTMLElement | null }, conversation: Conversation): void {
  useEffect(() => {
    const element = place.current;
    const seen = () => {
      if (document.visibilityState === "visible") chats.markRead(conversation.id);
    };
    const here = () => element?.contains(document.activeElement) && document.hasFocus();
    if (here()) seen();
    element?.addEventListener("focusin", seen);
    element?.addEventListener("pointerdown", seen);
    const back = () => here() && seen();
    addEventListener("focus", back);
    return () => {
      element?.removeEventListener("focusin", seen);
      element?.removeEventListener("pointerdown", seen);
      removeEventListener("focus", back);
    };
  }, [conversation.id, conversation.unread]);
}

function Hints({ conversation, name }: { conversation: Conversation; name: string }) {
  const isTyping = typingHints.value && chats.typing.value.has(conversation.id);
  const presence = people.of(conversation.with).value;
  const state = currentState(imState.value, jmap.stale.value, presence);
  return (
    <div class="chat-hints">
      <p class="typing" role="status">
        {isTyping && (
          <>
            <span class="dots" aria-hidden="true">
              <i />
              <i />
              <i />
            </span>
            {t.chat.typing(name)}
          </>
        )}
      </p>
      {!isTyping && <p class="quiet">{hint(state, name)}</p>}
    </div>
  );
}

/** What will happen to a message, said before it is written (webmail C6). */
function hint(state: ReturnType<typeof currentState>, name: string): string {
  if (!canWrite.value) return t.chat.imDown;
  switch (state) {
    case "offline":
      return t.chat.willKeep(name);
    case "doNotDisturb":
      return t.chat.isDnd(name);
    case "away":
    case "beRightBack":
    case "offWork":
      return t.chat.isAway(name, t.presence.state[state]);
    default:
      return "";
  }
}
