// Owns how the panes stand together: beside each other when there is room, one at a time when not.
import { useEffect } from "preact/hooks";
import { Dock } from "../chat/dock";
import { ChatsView } from "../chat/chats-view";
import { chats } from "../chat/store";
import { compose } from "../compose/store";
import { Folders } from "../mail/folders";
import { MessageList } from "../mail/list";
import { currentMailbox, folderName, searchWords } from "../mail/mailboxes";
import { ReadingPane } from "../mail/reading";
import { openId } from "../mail/store";
import { AddContact } from "../people/add-contact";
import { Contacts } from "../people/contacts";
import { GroupName } from "../people/group-name";
import { imPresent } from "../presence/status";
import { Help } from "../settings/help";
import { Settings } from "../settings/settings";
import { t } from "../text";
import { Confirmation } from "./dialog";
import { CertificateBar } from "./certificate-bar";
import { closeDrawer, drawerOpen } from "./drawer";
import { Icon } from "./icons";
import { ImBar } from "./im-bar";
import { Notices } from "./notices-view";
import { route } from "./route";
import { size } from "./size";
import { Splitter, boundedWidth, listWidth } from "./splitter";
import { TopBar } from "./top-bar";
import { Views } from "./views";

export function Workspace() {
  return (
    <div class={`workspace ${size.value}`}>
      <a class="skip" href="#messages" onClick={skip}>
        {t.general.skip}
      </a>
      <TopBar />
      <div class="im-bar-place">
        <ImBar />
        <CertificateBar />
      </div>
      {size.value === "narrow" ? <NarrowPanes /> : <Panes />}
      <Dock />
      <Notices />
      <Title />
      <AddContact />
      <GroupName />
      <Confirmation />
      <Settings />
      <Help />
    </div>
  );
}

function skip(event: Event): void {
  event.preventDefault();
  document.querySelector<HTMLElement>("[role=option][tabindex='0'], .list-pane button")?.focus();
}

function Side() {
  return (
    <>
      <button class="primary new-message" onClick={newMessage} aria-keyshortcuts="c">
        <Icon name="drafts" />
        {t.compose.newMessage}
      </button>
      <Folders />
      {imPresent.value && <Contacts />}
    </>
  );
}

function newMessage(): void {
  closeDrawer();
  compose.start();
}

function Panes() {
  const isDrawer = size.value === "medium";
  const isOut = isDrawer && drawerOpen.value;
  useEffect(() => {
    if (!isOut) return undefined;
    const escape = (event: KeyboardEvent) => event.key === "Escape" && closeDrawer();
    document.querySelector<HTMLElement>(".side button")?.focus();
    addEventListener("keydown", escape);
    return () => removeEventListener("keydown", escape);
  }, [isOut]);
  return (
    <div class="panes">
      {(!isDrawer || isOut) && (
        <nav class="side" aria-label={t.general.navigation} data-pane>
          <Side />
        </nav>
      )}
      {isOut && <div class="scrim" onClick={closeDrawer} />}
      <main
        id="messages"
        class="main"
        inert={isOut}
        style={{ "--list-width": `${boundedWidth(listWidth.value)}px` }}
      >
        <div class="list-place" data-pane>
          <MessageList />
        </div>
        {!isDrawer && <Splitter />}
        <div class="reading-place" data-pane>
          <ReadingPane />
        </div>
      </main>
    </div>
  );
}

function NarrowPanes() {
  return (
    <>
      <main id="messages" class="panes" data-pane>
        <NarrowView />
      </main>
      {!fillsPage() && <Views />}
    </>
  );
}

/** A chat and an editor need all the height there is. */
function fillsPage(): boolean {
  const now = route.value;
  return now.view === "chats" ? now.conversation !== null : Boolean(compose.active.value);
}

function NarrowView() {
  const now = route.value;
  if (now.view === "people") {
    return (
      <div class="pane side">
        <Contacts />
      </div>
    );
  }
  if (now.view === "chats") return <ChatsView id={now.conversation} />;
  if (openId.value || compose.active.value) return <ReadingPane />;
  return (
    <>
      <FolderChooser />
      <MessageList />
    </>
  );
}

/** In the narrow layout the folders are above the list, folded away. */
function FolderChooser() {
  return (
    <details
      class="folder-chooser"
      open={drawerOpen.value}
      onToggle={(event) => (drawerOpen.value = event.currentTarget.open)}
    >
      <summary>
        <Icon name="folder" />
        {t.mail.folders}
        <Icon name="down" />
      </summary>
      <Folders />
    </details>
  );
}

/** The title of the tab counts what waits in chats. */
function Title() {
  const place = searchWords.value ? t.mail.results : folderName(currentMailbox.value);
  const title = place ? `${place} – ${t.brand}` : t.brand;
  const unread = imPresent.value ? chats.unread.value : 0;
  useEffect(() => {
    document.title = t.chat.pageTitle(unread, title);
  }, [unread, title]);
  return null;
}
