// Owns the reading pane: the open message, above it a reply being written, or a new message
// instead.
// Does not own the message itself (message.tsx) nor the editor (compose/editor.tsx).
import { Editor } from "../compose/editor";
import { compose } from "../compose/store";
import { Empty, Loading } from "../frame/states";
import { t } from "../text";
import { Message } from "./message";
import { closeEmail, listing, openEmail, openId } from "./store";

export function ReadingPane() {
  const draft = compose.active.value;
  const id = openId.value;
  const inline = draft && draft.about && draft.about === id;
  if (draft && !inline) {
    return (
      <div class="pane reading-pane composing">
        <Editor key={draft.key} draft={draft} />
      </div>
    );
  }
  return (
    <div class="pane reading-pane">
      {inline && draft && <Editor key={draft.key} draft={draft} inline />}
      <Content />
    </div>
  );
}

function Content() {
  const id = openId.value;
  const email = openEmail();
  if (id && email) return <Message key={id} email={email} />;
  if (id && email === undefined) return <Loading rows={5} />;
  if (id) {
    return (
      <Empty icon="mail" title={t.mail.gone}>
        <button onClick={closeEmail}>{t.settings.keys.backToList}</button>
      </Empty>
    );
  }
  if (listing.loading.value && listing.ids.value.length === 0) return null;
  return (
    <Empty icon="mailOpen" title={t.mail.nothing} hint={t.mail.nothingHint}>
      <button onClick={() => compose.start()}>{t.compose.newMessage}</button>
    </Empty>
  );
}
