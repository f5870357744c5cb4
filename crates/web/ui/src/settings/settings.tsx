// Owns the dialog of settings.
import { signal, type Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { allowNotes, canNote, desktopNotes } from "../chat/desktop-note";
import { Dialog } from "../frame/dialog";
import { t } from "../text";
import { OwnPhoto } from "./own-photo";
import { enterSends, singleKeys, typingHints } from "./preferences";

const isOpen = signal(false);
/** The browser said no to notifications. */
const refused = signal(false);

async function switchNotes(on: boolean): Promise<void> {
  desktopNotes.value = on;
  refused.value = on && !(await allowNotes());
  if (refused.value) desktopNotes.value = false;
}

export function openSettings(): void {
  isOpen.value = true;
}

export function Settings() {
  if (!isOpen.value) return null;
  return (
    <Dialog title={t.settings.title} closed={() => (isOpen.value = false)}>
      <div class="settings">
        <OwnPhoto />
        <Switch label={t.settings.singleKeys} hint={t.settings.singleKeysHint} value={singleKeys} />
        <Switch label={t.settings.enterSends} hint={t.settings.enterSendsHint} value={enterSends} />
        <Switch label={t.settings.typingHints} value={typingHints} />
        {canNote && (
          <Switch
            label={t.settings.desktopNotes}
            {...(refused.value ? { hint: t.settings.notesRefused } : {})}
            value={desktopNotes}
            change={(on) => void switchNotes(on)}
          />
        )}
      </div>
    </Dialog>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  value: Signal<boolean>;
  change?: (on: boolean) => void;
}

function Switch({ label, hint, value, change }: SwitchProps) {
  const id = useId();
  return (
    <div class="setting">
      <input
        id={id}
        type="checkbox"
        checked={value.value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => {
          const on = event.currentTarget.checked;
          if (change) change(on);
          else value.value = on;
        }}
      />
      <label for={id}>{label}</label>
      {hint && (
        <p class="quiet" id={`${id}-hint`}>
          {hint}
        </p>
      )}
    </div>
  );
}
