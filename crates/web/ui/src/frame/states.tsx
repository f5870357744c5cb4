// Owns how a pane says that it is empty, loading or broken; each with at most one thing to do.
import type { ComponentChildren } from "preact";
import { t } from "../text";
import { Icon, type IconName } from "./icons";

interface EmptyProps {
  icon: IconName;
  title: string;
  hint?: string;
  children?: ComponentChildren;
}

export function Empty({ icon, title, hint, children }: EmptyProps) {
  return (
    <div class="pane-state">
      <span class="pane-state-icon">
        <Icon name={icon} />
      </span>
      <p class="pane-state-title">{title}</p>
      {hint && <p class="pane-state-hint">{hint}</p>}
      {children}
    </div>
  );
}

export function Failed({ title, why, retry }: { title: string; why?: string; retry: () => void }) {
  return (
    <div class="pane-state" role="alert">
      <span class="pane-state-icon warn">
        <Icon name="warn" />
      </span>
      <p class="pane-state-title">{title}</p>
      {why && <p class="pane-state-hint">{why}</p>}
      <button onClick={retry}>{t.general.retry}</button>
    </div>
  );
}

/** Grey bars in the shape of what is coming. */
export function Loading({ rows }: { rows: number }) {
  return (
    <div class="skeleton" role="status" aria-label={t.general.loading}>
      {Array.from({ length: rows }, (_, index) => (
        <div key={index} class="skeleton-row" aria-hidden="true">
          <span />
          <span />
          <span />
        </div>
      ))}
    </div>
  );
}
