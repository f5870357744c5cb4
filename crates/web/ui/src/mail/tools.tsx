// Owns the toolbar of a message: what does not fit beside Reply and Delete is behind "More
// actions".
// Does not own what the actions do: actions.ts, compose/store.ts.
import { compose } from "../compose/store";
import { Icon, type IconName } from "../frame/icons";
import { Menu, MenuItem } from "../frame/menu";
import { size } from "../frame/size";
import { imAddressOf } from "../people/directory";
import { imWorks } from "../presence/status";
import { keyName, type Action as KeyAction } from "../settings/keys";
import { t } from "../text";
import type { Email } from "../jmap/types";
import { archive, remove, removesForever, setRead, toggleFlag } from "./actions";
import { byRole } from "./mailboxes";
import { replyByIm } from "./reply-by-im";
import { closeEmail } from "./store";

interface Doing {
  icon: IconName;
  name: string;
  action?: KeyAction;
  run: () => void;
}

function Tool({ doing, words }: { doing: Doing; words?: boolean }) {
  const key = doing.action ? keyName(doing.action) : "";
  return (
    <button
      class={words ? "tool words" : "tool"}
      aria-label={words ? undefined : doing.name}
      title={key ? `${doing.name} (${key})` : doing.name}
      aria-keyshortcuts={key || undefined}
      onClick={doing.run}
    >
      <Icon name={doing.icon} />
      {words && <span>{doing.name}</span>}
    </button>
  );
}

function removal(email: Email): Doing {
  const name = removesForever() ? t.mail.removeForever : t.mail.remove;
  return { icon: "trash", name, action: "remove", run: () => remove(email.id) };
}

function present(all: (Doing | false)[]): Doing[] {
  return all.filter((one) => one !== false);
}

function passingOn(email: Email): Doing[] {
  const { id } = email;
  const sender = imAddressOf(email.from?.[0]?.email);
  return present([
    {
      icon: "forward",
      name: t.mail.forward,
      action: "forward",
      run: () => void compose.forward(id),
    },
    imWorks.value &&
      sender !== null && {
        icon: "chat",
        name: t.mail.replyByIm,
        action: "replyByIm",
        run: () => replyByIm(id),
      },
  ]);
}

function filing(email: Email): Doing[] {
  const { id } = email;
  const seen = Boolean(email.keywords["$seen"]);
  const box = byRole("archive");
  return present([
    box !== undefined &&
      !email.mailboxIds[box.id] && {
        icon: "archive",
        name: t.mail.archive,
        action: "archive",
        run: () => archive(id),
      },
    {
      icon: seen ? "mail" : "mailOpen",
      name: seen ? t.mail.markUnread : t.mail.markRead,
      action: seen ? "markUnread" : "markRead",
      run: () => setRead(id, !seen),
    },
  ]);
}

function More({ email, further }: { email: Email; further: Doing[] }) {
  const flagged = Boolean(email.keywords["$flagged"]);
  return (
    <Menu label={t.general.more} button={<Icon name="more" />} class="tool">
      {further.map((doing) => (
        <MenuItem key={doing.name} icon={doing.icon} run={doing.run}>
          {doing.name}
        </MenuItem>
      ))}
      <MenuItem icon="flag" run={() => toggleFlag(email.id)}>
        {flagged ? t.mail.unflag : t.mail.flag}
      </MenuItem>
    </Menu>
  );
}

export function Tools({ email }: { email: Email }) {
  const isNarrow = size.value === "narrow";
  return (
    <div class="tools" role="toolbar" aria-label={t.mail.actions}>
      {isNarrow && <Tool doing={{ icon: "back", name: t.general.back, run: closeEmail }} />}
      {email.keywords["$draft"] ? (
        <ForDraft email={email} />
      ) : (
        <ForReceived email={email} isNarrow={isNarrow} />
      )}
    </div>
  );
}

function ForDraft({ email }: { email: Email }) {
  const edit = () => void compose.edit(email.id);
  return (
    <>
      <Tool doing={{ icon: "drafts", name: t.mail.editDraft, run: edit }} words />
      <span class="tools-gap" />
      <Tool doing={removal(email)} />
    </>
  );
}

function ForReceived({ email, isNarrow }: { email: Email; isNarrow: boolean }) {
  const { id } = email;
  const many = (email.to?.length ?? 0) + (email.cc?.length ?? 0) > 1;
  const reply = () => void compose.reply(id);
  const replyAll = () => void compose.replyAll(id);
  const show = (list: Doing[]) => list.map((doing) => <Tool key={doing.name} doing={doing} />);
  return (
    <>
      <Tool doing={{ icon: "reply", name: t.mail.reply, action: "reply", run: reply }} words />
      {many && (
        <Tool
          doing={{ icon: "replyAll", name: t.mail.replyAll, action: "replyAll", run: replyAll }}
          words={!isNarrow}
        />
      )}
      {!isNarrow && show(passingOn(email))}
      <span class="tools-gap" />
      {!isNarrow && show(filing(email))}
      <Tool doing={removal(email)} />
      <More email={email} further={isNarrow ? [...passingOn(email), ...filing(email)] : []} />
    </>
  );
}
