// Owns the dock at the lower right: unfolded windows, tabs of folded ones, the list of chats; in
// the narrow layout nothing, since there a chat is a page. It tells the page how high it stands,
// so that an editor or a message ends above it.
import { useEffect, useRef } from "preact/hooks";
import { compose } from "../compose/store";
import { Icon } from "../frame/icons";
import { Menu, MenuItem, MenuNote } from "../frame/menu";
import { size } from "../frame/size";
import { Avatar } from "../people/avatar";
import { look } from "../presence/mark";
import { imPresent, imWorks } from "../presence/status";
import { listTime } from "../text/format";
import { t } from "../text";
import type { Conversation, Id } from "../jmap/types";
import { chatName, chats } from "./store";
import { ChatToasts } from "./toast";
import { ChatWindow } from "./window";

export function Dock() {
  if (size.value === "narrow") return <ChatToasts />;
  const { shown, folded } = chats.placement.value;
  return (
    <aside class="dock" aria-label={t.chat.title}>
      <div class="dock-float">
        <ChatToasts />
        {imPresent.value && <Windows shown={shown} />}
      </div>
      <DraftTabs />
      {imPresent.value && (
        <>
          {folded.map((id) => (
            <Tab key={id} id={id} />
          ))}
          <ChatList />
        </>
      )}
    </aside>
  );
}

function Windows({ shown }: { shown: Id[] }) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const root = document.documentElement;
    const measure = () => {
      const height = place.current?.getBoundingClientRect().height ?? 0;
      root.style.setProperty("--dock-height", `${Math.round(height)}px`);
    };
    measure();
    const observer = new ResizeObserver(measure);
    if (place.current) observer.observe(place.current);
    return () => {
      observer.disconnect();
      root.style.removeProperty("--dock-height");
    };
  }, [shown.length > 0]);
  return (
    <div class="windows" ref={place}>
      {shown.map((id) => {
        const conversation = chats.conversations.get(id);
        return conversation && <ChatWindow key={id} conversation={conversation} />;
      })}
    </div>
  );
}

function Tab({ id }: { id: Id }) {
  const conversation = chats.conversations.get(id);
  if (!conversation) return null;
  const name = chatName(conversation);
  return (
    <div class={conversation.unread > 0 ? "dock-tab unread" : "dock-tab"}>
      <button
        class="dock-tab-main"
        aria-label={t.chat.expand(name, conversation.unread)}
        onClick={() => chats.open(id)}
      >
        <Avatar name={name} address={conversation.with} small />
        <span class="dock-tab-name" dir="auto">
          {name}
        </span>{" "}
        {conversation.unread > 0 && <span class="count strong">{conversation.unread}</span>}
      </button>
      <button
        class="icon-button"
        aria-label={`${t.chat.close}: ${name}`}
        onClick={() => chats.close(id)}
      >
        <Icon name="close" />
      </button>
    </div>
  );
}

function DraftTabs() {
  const aside = compose.aside.value.filter((one) => one.isDirty);
  return (
    <>
      {aside.map((draft) => (
        <div class="dock-tab" key={draft.key}>
          <button
            class="dock-tab-main"
            aria-label={t.compose.asideOpen(draft.subject || t.mail.noSubject)}
            onClick={() => compose.show(draft.key)}
          >
            <Icon name="drafts" />
            <span class="dock-tab-name" dir="auto">
              {draft.subject || t.mail.noSubject}
            </span>
          </button>
        </div>
      ))}
    </>
  );
}

function ChatList() {
  const unread = chats.unread.value;
  return (
    <Menu
      class={unread > 0 ? "dock-button unread" : "dock-button"}
      label={unread > 0 ? t.chat.titleUnread(unread) : t.chat.title}
      hint={t.chat.title}
      shortcut="Alt+C"
      button={
        <>
          <Icon name="chat" />
          <span>{t.chat.title}</span> {unread > 0 && <span class="count strong">{unread}</span>}
        </>
      }
    >
      {chats.recentChats.value.length === 0 && (
        <MenuNote>
          <strong>{t.chat.empty}</strong>
          <span class="quiet">{t.chat.emptyHint}</span>
        </MenuNote>
      )}
      {chats.recentChats.value.slice(0, 12).map((one) => (
        <MenuItem key={one.id} run={() => chats.open(one.id)}>
          <ChatLine conversation={one} />
        </MenuItem>
      ))}
    </Menu>
  );
}

/** One chat in a list: who, the last words, when, how many unread. */
export function ChatLine({ conversation }: { conversation: Conversation }) {
  const name = chatName(conversation);
  const what = imWorks.value ? look(conversation.with)?.text : "";
  return (
    <span class="chat-line">
      <Avatar name={name} address={conversation.with} small />
      <span class="chat-line-words">
        <span class="chat-line-name" dir="auto">
          {name}
          {what && <span class="unseen">, {what}</span>}
        </span>
        <span class="quiet chat-line-last" dir="auto">
          {conversation.lastText}
        </span>
      </span>
      {conversation.lastMessageAt && (
        <time class="quiet" dateTime={conversation.lastMessageAt}>
          {listTime(conversation.lastMessageAt)}
        </time>
      )}
      {conversation.unread > 0 && (
        <span class="count strong">
          {conversation.unread}
          <span class="unseen"> {t.mail.unread(conversation.unread)}</span>
        </span>
      )}
    </span>
  );
}
