// Owns the help on keys, written from the map itself.
import { signal } from "@preact/signals";
import { Dialog } from "../frame/dialog";
import { t } from "../text";
import { BINDINGS, spelled } from "./keys";
import { singleKeys } from "./preferences";

const isOpen = signal(false);

export function openHelp(): void {
  isOpen.value = true;
}

export function Help() {
  if (!isOpen.value) return null;
  const groups = [...new Set(BINDINGS.map((one) => one.group))];
  return (
    <Dialog title={t.settings.keyboard} wide closed={() => (isOpen.value = false)}>
      {!singleKeys.value && <p class="quiet">{t.settings.keysOff}</p>}
      <div class="key-groups">
        {groups.map((group) => (
          <section key={group}>
            <h3>{t.settings.groups[group]}</h3>
            <dl class="keys">
              {BINDINGS.filter((one) => one.group === group).map(({ action, keys }) => (
                <div key={action}>
                  <dt>{t.settings.keys[action]}</dt>
                  <dd>
                    {keys.map((key) => (
                      <kbd key={key}>{spelled(key)}</kbd>
                    ))}
                  </dd>
                </div>
              ))}
            </dl>
          </section>
        ))}
      </div>
    </Dialog>
  );
}
