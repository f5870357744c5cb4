// Owns the contact list: groups that fold, people with live marks, a click starts a chat.
import { chats } from "../chat/store";
import { closeDrawer } from "../frame/drawer";
import { confirm } from "../frame/dialog";
import { Icon } from "../frame/icons";
import { inBrowser, kept } from "../frame/kept";
import { Menu, MenuItem, MenuSeparator } from "../frame/menu";
import { Empty, Failed, Loading } from "../frame/states";
import { compose } from "../compose/store";
import { look } from "../presence/mark";
import { currentState } from "../presence/state";
import { people } from "../presence/people";
import { imState, imStatus, imWorks, signInToIm } from "../presence/status";
import { jmap } from "../jmap/client";
import { t } from "../text";
import type { Contact, ImGroup } from "../jmap/types";
import { Avatar } from "./avatar";
import { openAddContact } from "./add-contact";
import { openGroupName } from "./group-name";
import {
  destroyGroup,
  groupName,
  groups,
  moveContact,
  removeContact,
  shownGroups,
  targetGroups,
} from "./store";

const folded = kept<string[]>("folded", [], inBrowser);

export function Contacts() {
  return (
    <section class="contacts" aria-labelledby="contacts-title">
      <header class="side-head">
        <h2 id="contacts-title">{t.people.title}</h2>
        {imWorks.value && groups.loaded.value && (
          <Menu class="icon-button" label={t.people.add} button={<Icon name="plus" />}>
            <MenuItem icon="personAdd" run={() => openAddContact()}>
              {t.people.add}
            </MenuItem>
            <MenuItem icon="folder" run={() => openGroupName(null)}>
              {t.people.newGroup}
            </MenuItem>
          </Menu>
        )}
      </header>
      <Content />
    </section>
  );
}

function Content() {
  if (imState.value === "signedOut") {
    return (
      <Empty icon="unplug" title={t.people.signedOut}>
        <button onClick={() => void signInToIm(true)}>{t.presence.signInToIm}</button>
      </Empty>
    );
  }
  if (!groups.loaded.value) {
    if (imState.value === "unavailable") return <p class="side-note">{imStatus.value.reason}</p>;
    if (groups.error.value) {
      return (
        <Failed title={t.people.failed} why={groups.error.value} retry={() => void groups.sync()} />
      );
    }
    return <Loading rows={4} />;
  }
  if (shownGroups.value.length === 0) {
    return (
      <Empty icon="person" title={t.people.empty} hint={t.people.emptyHint}>
        {imWorks.value && <button onClick={() => openAddContact()}>{t.people.add}</button>}
      </Empty>
    );
  }
  return (
    <>
      {shownGroups.value.map((group) => (
        <Group key={group.id} group={group} />
      ))}
    </>
  );
}

const ABSENT = new Set(["offline", "unknown"]);

function isOnline(contact: Contact): boolean {
  const presence = people.of(contact.address).value;
  return !ABSENT.has(currentState(imState.value, jmap.stale.value, presence));
}

function Group({ group }: { group: ImGroup }) {
  const isFolded = folded.value.includes(group.id);
  const name = groupName(group);
  const toggle = () => {
    const others = folded.value.filter((id) => id !== group.id);
    folded.value = isFolded ? others : [...others, group.id];
  };
  const online = group.contacts.filter(isOnline).length;
  return (
    <div class="group" role="group" aria-label={name}>
      <div class="group-head">
        <h3>
          <button class="group-toggle" aria-expanded={!isFolded} onClick={toggle}>
            <Icon name={isFolded ? "right" : "down"} />
            <span dir="auto">{name}</span>
            {/* Only people in view are watched, so a folded group has nothing true to say. */}
            {imWorks.value && !isFolded && (
              <span class="quiet" title={t.people.online(online, group.contacts.length)}>
                {online}/{group.contacts.length}
              </span>
            )}
          </button>
        </h3>
        {group.kind === "own" && imWorks.value && <GroupMenu group={group} />}
      </div>
      {!isFolded && group.contacts.length === 0 && <p class="side-note">{t.people.emptyGroup}</p>}
      {!isFolded && group.contacts.length > 0 && (
        <ul aria-label={name}>
          {sorted(group.contacts).map((contact) => (
            <Person key={contact.address} contact={contact} group={group} />
          ))}
        </ul>
      )}
    </div>
  );
}

function sorted(contacts: Contact[]): Contact[] {
  return [...contacts].sort((a, b) => a.name.localeCompare(b.name));
}

function GroupMenu({ group }: { group: ImGroup }) {
  const remove = () =>
    confirm({
      title: t.people.removeGroup,
      text: t.people.removeGroupText(group.name),
      yes: t.people.removeGroup,
      run: () => void destroyGroup(group),
    });
  return (
    <Menu
      class="icon-button revealed"
      label={t.people.actionsFor(group.name)}
      button={<Icon name="more" />}
    >
      <MenuItem icon="personAdd" run={() => openAddContact(undefined, group.id)}>
        {t.people.add}
      </MenuItem>
      <MenuItem icon="drafts" run={() => openGroupName(group)}>
        {t.people.renameGroup}
      </MenuItem>
      <MenuItem icon="trash" danger run={remove}>
        {t.people.removeGroup}
      </MenuItem>
    </Menu>
  );
}

function Person({ contact, group }: { contact: Contact; group: ImGroup }) {
  const what = look(contact.address);
  const name = contact.name || contact.address.replace(/^sip:/i, "");
  const note = people.of(contact.address).value?.note;
  const said = note && what ? `${what.text} · ${note}` : what?.text;
  const quiet = imWorks.value && !isOnline(contact);
  return (
    <li class={quiet ? "contact quiet-one" : "contact"}>
      <button
        class="contact-main"
        aria-label={t.people.chatWith([name, said].filter(Boolean).join(", "))}
        onClick={() => {
          closeDrawer();
          void chats.start(contact.address);
        }}
        disabled={!imWorks.value}
      >
        <Avatar name={name} address={contact.address} small />
        <span class="contact-words">
          <span class="contact-name" dir="auto">
            {name}
          </span>{" "}
          {what && imWorks.value && (
            <span class="contact-state" dir="auto">
              {said}
            </span>
          )}
        </span>
      </button>
      <ContactMenu contact={contact} group={group} name={name} />
    </li>
  );
}

interface ContactMenuProps {
  contact: Contact;
  group: ImGroup;
  name: string;
}

function ContactMenu({ contact, group, name }: ContactMenuProps) {
  const email = contact.address.replace(/^sips?:/i, "");
  return (
    <Menu
      class="icon-button revealed"
      label={t.people.actionsFor(name)}
      button={<Icon name="more" />}
    >
      {imWorks.value && (
        <MenuItem icon="chat" run={() => void chats.start(contact.address)}>
          {t.people.chat}
        </MenuItem>
      )}
      <MenuItem icon="mail" run={() => compose.start([{ name, email }])}>
        {t.people.mail}
      </MenuItem>
      {imWorks.value && (
        <>
          <MenuSeparator />
          {targetGroups.value
            .filter((one) => one.id !== group.id)
            .map((one) => (
              <MenuItem
                key={one.id}
                icon="folder"
                run={() => void moveContact(contact, group, one)}
              >
                {t.people.moveTo(groupName(one))}
              </MenuItem>
            ))}
          <MenuSeparator />
          <MenuItem icon="trash" danger run={() => void removeContact(contact)}>
            {t.people.remove}
          </MenuItem>
        </>
      )}
    </Menu>
  );
}
