// Owns the dialog of settings.
import { signal, type Signal } from "@preact/signals";
import { useId } from "preact/hooks";
import { Dialog } from "../frame/dialog";
import { t } from "../text";
import { enterSends, singleKeys, typingHints } from "./preferences";

const isOpen = signal(false);

export function openSettings(): void {
  isOpen.value = true;
}

export function Settings() {
  if (!isOpen.value) return null;
  return (
    <Dialog title={t.settings.title} closed={() => (isOpen.value = false)}>
      <div class="settings">
        <Switch label={t.settings.singleKeys} hint={t.settings.singleKeysHint} value={singleKeys} />
        <Switch label={t.settings.enterSends} hint={t.settings.enterSendsHint} value={enterSends} />
        <Switch label={t.settings.typingHints} value={typingHints} />
      </div>
    </Dialog>
  );
}

interface SwitchProps {
  label: string;
  hint?: string;
  value: Signal<boolean>;
}

function Switch({ label, hint, value }: SwitchProps) {
  const id = useId();
  return (
    <div class="setting">
      <input
        id={id}
        type="checkbox"
        checked={value.value}
        aria-describedby={hint ? `${id}-hint` : undefined}
        onChange={(event) => (value.value = event.currentTarget.checked)}
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
