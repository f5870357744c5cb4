// Owns the chats in the narrow layout: the list, or one chat over the whole page.
import { Empty } from "../frame/states";
import { t } from "../text";
import type { Id } from "../jmap/types";
import { ChatLine } from "./dock";
import { chats } from "./store";
import { ChatWindow } from "./window";

export function ChatsView({ id }: { id: Id | null }) {
  const conversation = chats.conversations.get(id);
  if (conversation) return <ChatWindow key={id} conversation={conversation} />;
  const list = chats.recentChats.value;
  return (
    <section class="pane chats-pane" aria-labelledby="chats-title">
      <header class="pane-head">
        <h2 id="chats-title">{t.chat.title}</h2>
      </header>
      {list.length === 0 ? (
        <Empty icon="chat" title={t.chat.empty} hint={t.chat.emptyHint} />
      ) : (
        <ul class="chat-list">
          {list.map((one) => (
            <li key={one.id}>
              <button onClick={() => chats.open(one.id)}>
                <ChatLine conversation={one} />
              </button>
            </li>
          ))}
        </ul>
      )}
    </section>
  );
}
