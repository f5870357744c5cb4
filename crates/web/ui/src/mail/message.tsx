// Owns one message in the reading pane: heading, people with their marks, what can be done, the body.
// Does not own the body: body.tsx.
import { useEffect, useRef } from "preact/hooks";
import { compose } from "../compose/store";
import { Icon, type IconName } from "../frame/icons";
import { Menu, MenuItem } from "../frame/menu";
import { Avatar } from "../people/avatar";
import { imAddressOf } from "../people/directory";
import { Person } from "../people/person";
import { imWorks } from "../presence/status";
import { keyName } from "../settings/keys";
import { t } from "../text";
import { fullTime } from "../text/format";
import type { Email, MailAddress } from "../jmap/types";
import { archive, remove, removesForever, setRead, toggleFlag } from "./actions";
import { replyByIm } from "./reply-by-im";
import { MessageBody } from "./body";
import { byRole } from "./mailboxes";
import { addressName } from "./row";
import { focusReading, openId } from "./store";

/** Passing over a message with the arrows is not reading it. */
const READ_AFTER_MS = 400;

export function Message({ email }: { email: Email }) {
  const subject = email.subject?.trim() || t.mail.noSubject;
  useEffect(() => {
    if (email.keywords["$seen"]) return undefined;
    const timer = setTimeout(() => {
      if (openId.peek() === email.id) setRead(email.id, true);
    }, READ_AFTER_MS);
    return () => clearTimeout(timer);
  }, [email.id]);
  return (
    <section class="message" aria-labelledby="subject">
      <Actions email={email} />
      <Heading text={subject} />
      <article aria-labelledby="subject">
        <Head email={email} />
        <MessageBody id={email.id} subject={subject} />
      </article>
    </section>
  );
}

function Heading({ text }: { text: string }) {
  const heading = useRef<HTMLHeadingElement>(null);
  const asked = focusReading.value;
  const handled = useRef(asked);
  useEffect(() => {
    if (handled.current === asked) return;
    handled.current = asked;
    heading.current?.focus();
  }, [asked]);
  return (
    <h2 id="subject" class="subject" dir="auto" tabIndex={-1} ref={heading}>
      {text}
    </h2>
  );
}

function Head({ email }: { email: Email }) {
  const from = email.from?.[0];
  return (
    <header class="message-head">
      <Avatar name={from ? addressName(from) : "?"} address={imAddressOf(from?.email)} />
      <div class="message-people">
        <div class="message-from">{from ? <Person address={from} /> : t.mail.nobody}</div>
        <People label={t.mail.to} list={email.to} />
        <People label={t.mail.cc} list={email.cc} />
      </div>
      <time class="quiet" dateTime={email.receivedAt}>
        {fullTime(email.receivedAt)}
      </time>
    </header>
  );
}

function People({ label, list }: { label: string; list: MailAddress[] | null }) {
  if (!list || list.length === 0) return null;
  return (
    <div class="message-recipients">
      <span class="quiet">{label}</span>
      {list.map((address) => (
        <Person key={address.email} address={address} />
      ))}
    </div>
  );
}

interface ActionProps {
  icon: IconName;
  name: string;
  action?: Parameters<typeof keyName>[0];
  words?: boolean;
  run: () => void;
}

function Action({ icon, name, action, words, run }: ActionProps) {
  const key = action ? keyName(action) : "";
  return (
    <button
      class={words ? "tool words" : "tool"}
      aria-label={words ? undefined : name}
      title={key ? `${name} (${key})` : name}
      aria-keyshortcuts={key || undefined}
      onClick={run}
    >
      <Icon name={icon} />
      {words && <span>{name}</span>}
    </button>
  );
}

function Actions({ email }: { email: Email }) {
  const id = email.id;
  const isDraft = Boolean(email.keywords["$draft"]);
  const seen = Boolean(email.keywords["$seen"]);
  const flagged = Boolean(email.keywords["$flagged"]);
  const many = (email.to?.length ?? 0) + (email.cc?.length ?? 0) > 1;
  const removal = removesForever() ? t.mail.removeForever : t.mail.remove;
  const canArchive = byRole("archive") && !email.mailboxIds[byRole("archive")?.id ?? ""];
  const sender = imAddressOf(email.from?.[0]?.email);
  if (isDraft) {
    return (
      <div class="tools" role="toolbar" aria-label={t.mail.actions}>
        <Action icon="drafts" name={t.mail.editDraft} words run={() => void compose.edit(id)} />
        <Action icon="trash" name={removal} action="remove" run={() => remove(id)} />
      </div>
    );
  }
  return (
    <div class="tools" role="toolbar" aria-label={t.mail.actions}>
      <Action icon="reply" name={t.mail.reply} action="reply" words run={() => void compose.reply(id)} />
      {many && (
        <Action
          icon="replyAll"
          name={t.mail.replyAll}
          action="replyAll"
          words
          run={() => void compose.replyAll(id)}
        />
      )}
      <Action
        icon="forward"
        name={t.mail.forward}
        action="forward"
        run={() => void compose.forward(id)}
      />
      {imWorks.value && sender && (
        <Action
          icon="chat"
          name={t.mail.replyByIm}
          action="replyByIm"
          run={() => replyByIm(id)}
        />
      )}
      <span class="tools-gap" />
      {canArchive && (
        <Action icon="archive" name={t.mail.archive} action="archive" run={() => archive(id)} />
      )}
      <Action icon="trash" name={removal} action="remove" run={() => remove(id)} />
      <Action
        icon={seen ? "mail" : "mailOpen"}
        name={seen ? t.mail.markUnread : t.mail.markRead}
        action={seen ? "markUnread" : "markRead"}
        run={() => setRead(id, !seen)}
      />
      <Menu label={t.general.more} button={<Icon name="more" />} class="tool">
        <MenuItem icon="flag" run={() => toggleFlag(id)}>
          {flagged ? t.mail.unflag : t.mail.flag}
        </MenuItem>
        <MenuItem icon="replyAll" run={() => void compose.replyAll(id)}>
          {t.mail.replyAll}
        </MenuItem>
      </Menu>
    </div>
  );
}
