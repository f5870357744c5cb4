// Owns the log of a chat: days, runs of messages by one person, what became of each own message.
import { useEffect, useLayoutEffect, useRef } from "preact/hooks";
import { Icon, type IconName } from "../frame/icons";
import { Failed, Loading } from "../frame/states";
import { Linked } from "../mail/plain-text";
import { imReady } from "../presence/status";
import { t } from "../text";
import { dayName, fullTime, sameDay, timeOfDay } from "../text/format";
import type { ChatMessage, Conversation, DeliveryState, Id } from "../jmap/types";
import { chats } from "./store";
import type { Pending } from "./outbox";

/** What is on its way looks like a message without an id. Pure. */
export function withPending(
  messages: readonly ChatMessage[],
  pending: readonly Pending[],
  id: Id,
): ChatMessage[] {
  const known = new Set(messages.map((one) => one.clientId));
  const mine = pending.filter((one) => one.conversationId === id && !known.has(one.clientId));
  return [...messages, ...mine.map(asMessage)];
}

function asMessage(one: Pending): ChatMessage {
  return {
    id: "",
    conversationId: one.conversationId,
    from: "",
    own: true,
    text: one.text,
    at: one.at,
    state: one.refused === null ? "sending" : "failed",
    reason: one.refused,
    clientId: one.clientId,
  };
}

export function Entries({ conversation, name }: { conversation: Conversation; name: string }) {
  const log = chats.log(conversation.id);
  const list = withPending(log.messages.value, chats.outbox.pending.value, conversation.id);
  const scroller = useRef<HTMLDivElement>(null);
  useScroll(scroller, list, chats.typing.value.has(conversation.id));
  if (log.error.value && !log.loaded.value) {
    return (
      <div class="chat-log">
        <Failed title={t.chat.failed} why={log.error.value} retry={() => void log.load()} />
      </div>
    );
  }
  return (
    <div
      ref={scroller}
      class="chat-log"
      role="log"
      aria-label={t.chat.log(name)}
      aria-live={chats.last.value === conversation.id ? "polite" : "off"}
      tabIndex={0}
      onScroll={(event) => {
        if (event.currentTarget.scrollTop < 40) void log.loadMore();
      }}
    >
      {!log.loaded.value && <Loading rows={3} />}
      {log.hasMore.value && (
        <button class="plain earlier" onClick={() => void log.loadMore()}>
          {t.chat.earlier}
        </button>
      )}
      {log.loaded.value && !log.hasMore.value && (
        <p class="chat-start quiet">{t.chat.start(name)}</p>
      )}
      {list.map((message, index) => (
        <Entry
          key={message.clientId ?? message.id}
          message={message}
          before={list[index - 1]}
          after={list[index + 1]}
          name={name}
        />
      ))}
    </div>
  );
}

/** Stays at the newest message, unless somebody has scrolled up; loading older ones moves nothing. */
function useScroll(
  scroller: { current: HTMLDivElement | null },
  list: ChatMessage[],
  isTyping: boolean,
): void {
  const before = useRef({ first: "", height: 0, atEnd: true });
  const first = list[0]?.id ?? "";
  useLayoutEffect(() => {
    const element = scroller.current;
    if (!element) return;
    const was = before.current;
    if (was.first && first !== was.first && !was.atEnd) {
      element.scrollTop += element.scrollHeight - was.height;
    } else if (was.atEnd || list.at(-1)?.id === "") {
      element.scrollTop = element.scrollHeight;
    }
    was.first = first;
    was.height = element.scrollHeight;
  }, [list.length, first, isTyping]);
  useEffect(() => {
    const element = scroller.current;
    if (!element) return undefined;
    const note = () => {
      const left = element.scrollHeight - element.scrollTop - element.clientHeight;
      before.current.atEnd = left < 48;
    };
    element.addEventListener("scroll", note);
    const observer = new ResizeObserver(() => {
      if (before.current.atEnd) element.scrollTop = element.scrollHeight;
    });
    observer.observe(element);
    return () => {
      element.removeEventListener("scroll", note);
      observer.disconnect();
    };
  }, []);
}

const RUN_MS = 5 * 60_000;

function sameRun(a: ChatMessage | undefined, b: ChatMessage | undefined): boolean {
  if (!a || !b || a.own !== b.own) return false;
  return sameDay(a.at, b.at) && Date.parse(b.at) - Date.parse(a.at) < RUN_MS;
}

interface EntryProps {
  message: ChatMessage;
  before: ChatMessage | undefined;
  after: ChatMessage | undefined;
  name: string;
}

function Entry({ message, before, after, name }: EntryProps) {
  const startsDay = !before || !sameDay(before.at, message.at);
  const startsRun = !sameRun(before, message);
  const endsRun = !sameRun(message, after);
  const classes = ["entry", message.own ? "own" : "other"];
  if (startsRun) classes.push("starts");
  if (endsRun) classes.push("ends");
  if (message.state === "failed") classes.push("failed");
  return (
    <>
      {startsDay && (
        <p class="chat-day">
          <span>{dayName(message.at)}</span>
        </p>
      )}
      <article class={classes.join(" ")}>
        <p class={startsRun ? "entry-head" : "unseen"}>
          <span class={message.own ? "unseen" : "entry-who"} dir="auto">
            {message.own ? t.chat.you : name}{" "}
          </span>
          <time dateTime={message.at} title={fullTime(message.at)}>
            {timeOfDay(message.at)}
          </time>
        </p>
        <div class="bubble" dir="auto">
          <Linked text={message.text} />
        </div>
        {message.own && <Delivery message={message} name={name} isLast={after?.own !== true} />}
      </article>
    </>
  );
}

const SIGNS: Record<DeliveryState, IconName> = {
  sending: "clock",
  sent: "check",
  delivered: "checkTwice",
  kept: "clock",
  failed: "warn",
};

function deliveryWords(message: ChatMessage, name: string): string {
  switch (message.state) {
    case "sending":
      return message.id === "" && !imReady.value ? t.chat.waiting : t.chat.sending;
    case "sent":
      return t.chat.sent;
    case "delivered":
      return t.chat.delivered;
    case "kept":
      return t.chat.kept(name);
    case "failed":
      return t.chat.notSent(message.reason);
  }
}

interface DeliveryProps {
  message: ChatMessage;
  name: string;
  isLast: boolean;
}

/** Said in words below the last message, and wherever it is not simply delivered; else as a sign
 * with the same words for those who do not see it. */
function Delivery({ message, name, isLast }: DeliveryProps) {
  const loud = isLast || message.state === "kept" || message.state === "failed";
  return (
    <p class={loud ? `delivery ${message.state}` : "unseen"}>
      <Icon name={SIGNS[message.state]} />
      <span>{deliveryWords(message, name)}</span>
      {message.state === "failed" && (
        <button class="plain" onClick={() => void chats.retry(message)}>
          {t.chat.retry}
        </button>
      )}
    </p>
  );
}
