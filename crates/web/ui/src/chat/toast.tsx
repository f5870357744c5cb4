// Owns the toast of an incoming chat: who, the first words, Reply or Ignore. It takes no focus and
// stands where Send never is. Somebody who does not want to be disturbed sees only the count.
import { useEffect, useRef } from "preact/hooks";
import { Avatar } from "../people/avatar";
import { t } from "../text";
import type { ChatMessage } from "../jmap/types";
import { chatName, chats, isDisturbed } from "./store";

/** It stays long enough to be reached by keyboard; afterwards the count in the dock remains. */
const TOAST_MS = 15_000;
/** More than the toast has room for. */
const FIRST_WORDS = 300;

export function ChatToasts() {
  return (
    <div class="chat-toasts" aria-live="polite">
      {!isDisturbed() &&
        chats.incoming.value.map((message) => (
          <Toast key={message.conversationId} message={message} />
        ))}
    </div>
  );
}

function Toast({ message }: { message: ChatMessage }) {
  const timer = useRef<ReturnType<typeof setTimeout> | undefined>(undefined);
  const hold = () => clearTimeout(timer.current);
  const start = () => {
    hold();
    timer.current = setTimeout(() => chats.ignore(message.conversationId), TOAST_MS);
  };
  useEffect(() => {
    start();
    return hold;
  }, [message.id]);
  const conversation = chats.conversations.get(message.conversationId);
  const name = conversation ? chatName(conversation) : message.from.replace(/^sips?:/i, "");
  return (
    <section
      class="chat-toast"
      aria-label={t.chat.toast(name)}
      onPointerEnter={hold}
      onPointerLeave={start}
      onFocusIn={hold}
      onFocusOut={start}
    >
      <Avatar name={name} address={conversation?.with ?? message.from} />
      <div class="chat-toast-words">
        <strong dir="auto">{name}</strong>
        <p dir="auto">{message.text.slice(0, FIRST_WORDS)}</p>
      </div>
      <div class="chat-toast-actions">
        <button class="primary" onClick={() => chats.open(message.conversationId)}>
          {t.chat.reply}
        </button>
        <button onClick={() => chats.ignore(message.conversationId)}>{t.chat.ignore}</button>
      </div>
    </section>
  );
}
