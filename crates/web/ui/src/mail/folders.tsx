// Owns the list of folders.
import { route } from "../frame/route";
import { Icon } from "../frame/icons";
import { Failed, Loading } from "../frame/states";
import { closeDrawer } from "../frame/drawer";
import { t } from "../text";
import {
  currentMailbox,
  folderCount,
  folderIcon,
  folderName,
  folders,
  mailboxes,
  searchWords,
  type Folder,
} from "./mailboxes";
import { showFolder } from "./store";

export function Folders() {
  if (mailboxes.error.value && !mailboxes.loaded.value) {
    return (
      <Failed
        title={t.mail.foldersFailed}
        why={mailboxes.error.value}
        retry={() => void mailboxes.sync()}
      />
    );
  }
  if (!mailboxes.loaded.value) return <Loading rows={6} />;
  return (
    <ul class="folders" aria-label={t.mail.folders}>
      {folders.value.map((folder) => (
        <Row key={folder.mailbox.id} folder={folder} />
      ))}
    </ul>
  );
}

function Row({ folder: { mailbox, depth } }: { folder: Folder }) {
  const n = folderCount(mailbox);
  const isCurrent =
    route.value.view === "mail" && !searchWords.value && currentMailbox.value?.id === mailbox.id;
  const name = folderName(mailbox);
  const unread = mailbox.role !== "drafts" && n > 0;
  return (
    <li>
      <button
        class={`folder depth-${Math.min(depth, 4)}${unread ? " unread" : ""}`}
        aria-current={isCurrent ? "page" : undefined}
        aria-label={unread ? `${name}, ${t.mail.unread(n)}` : n > 0 ? `${name}, ${n}` : name}
        onClick={() => {
          showFolder(mailbox.id);
          closeDrawer();
        }}
      >
        <Icon name={folderIcon(mailbox)} />
        <span class="folder-name" dir="auto">
          {name}
        </span>{" "}
        {n > 0 && <span class="count">{n}</span>}
      </button>
    </li>
  );
}
