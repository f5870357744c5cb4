// Owns the menu button (WAI-ARIA "Menu Button" pattern): opening, arrows, typing ahead, closing,
// focus.
// Does not own what is in a menu.
import { createContext, type ComponentChildren } from "preact";
import { useContext, useEffect, useId, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Icon, type IconName } from "./icons";

const Close = createContext<(then?: () => void) => void>(() => undefined);
const MARGIN_PX = 8;

export interface MenuProps {
  class?: string;
  /** The name of the button; it contains what is to be seen on it. */
  label: string;
  /** The name of the menu, and the tooltip of the button. */
  hint?: string;
  shortcut?: string;
  button: ComponentChildren;
  children: ComponentChildren;
}

export function Menu(props: MenuProps) {
  const [open, setOpen] = useState(false);
  const button = useRef<HTMLButtonElement>(null);
  const id = useId();
  const close = (then?: () => void) => {
    setOpen(false);
    button.current?.focus();
    then?.();
  };
  return (
    <>
      <button
        ref={button}
        class={`menu-button ${props.class ?? ""}`}
        aria-label={props.label}
        title={props.hint}
        aria-haspopup="menu"
        aria-expanded={open}
        aria-controls={open ? id : undefined}
        aria-keyshortcuts={props.shortcut}
        onClick={() => setOpen(!open)}
        onKeyDown={(event) => {
          if (event.key !== "ArrowDown" || open) return;
          event.preventDefault();
          setOpen(true);
        }}
      >
        {props.button}
      </button>
      {open && (
        <Close.Provider value={close}>
          <Popup
            id={id}
            label={props.hint ?? props.label}
            anchor={button}
            gone={() => setOpen(false)}
          >
            {props.children}
          </Popup>
        </Close.Provider>
      )}
    </>
  );
}

interface PopupProps {
  id: string;
  label: string;
  anchor: { current: HTMLElement | null };
  gone: () => void;
  children: ComponentChildren;
}

function Popup(props: PopupProps) {
  const list = useRef<HTMLDivElement>(null);
  const close = useContext(Close);
  useLayoutEffect(() => {
    if (list.current && props.anchor.current) place(list.current, props.anchor.current);
    items(list.current)
      .find((item) => item.ariaChecked === "true" || item.ariaDisabled !== "true")
      ?.focus();
  }, []);
  useEffect(() => {
    const outside = (event: Event) => {
      const target = event.target as Node;
      if (list.current?.contains(target) || props.anchor.current?.contains(target)) return;
      props.gone();
    };
    document.addEventListener("pointerdown", outside);
    addEventListener("resize", props.gone);
    return () => {
      document.removeEventListener("pointerdown", outside);
      removeEventListener("resize", props.gone);
    };
  }, []);
  const onKeyDown = (event: KeyboardEvent) => {
    event.stopPropagation();
    if (event.key === "Escape") close();
    else if (event.key === "Tab") props.gone();
    else if (!walk(event.key, items(list.current))) return;
    if (event.key !== "Tab") event.preventDefault();
  };
  return (
    <div
      id={props.id}
      ref={list}
      class="menu"
      role="menu"
      aria-label={props.label}
      onKeyDown={onKeyDown}
    >
      {props.children}
    </div>
  );
}

function items(list: HTMLElement | null): HTMLElement[] {
  return [...(list?.querySelectorAll<HTMLElement>("[role^=menuitem]") ?? [])];
}

/** Moves the focus as the key asks; false if the key means nothing here. */
function walk(key: string, all: HTMLElement[]): boolean {
  const at = all.indexOf(document.activeElement as HTMLElement);
  const goal = goalOf(key, at, all);
  goal?.focus();
  return goal !== undefined;
}

function goalOf(key: string, at: number, all: HTMLElement[]): HTMLElement | undefined {
  if (key === "ArrowDown") return all[(at + 1) % all.length];
  if (key === "ArrowUp") return all[(at - 1 + all.length) % all.length];
  if (key === "Home") return all[0];
  if (key === "End") return all.at(-1);
  if ([...key].length !== 1 || key === " ") return undefined;
  const after = [...all.slice(at + 1), ...all.slice(0, at + 1)];
  return after.find((item) => item.textContent?.trim().toLowerCase().startsWith(key.toLowerCase()));
}

/** Below the button, ends aligned, inside the window. */
function place(menu: HTMLElement, anchor: HTMLElement): void {
  const from = anchor.getBoundingClientRect();
  const own = menu.getBoundingClientRect();
  const below = from.bottom + 4;
  const fits = below + own.height + MARGIN_PX <= innerHeight;
  const top = fits ? below : Math.max(MARGIN_PX, from.top - own.height - 4);
  const leftward = from.left + from.width / 2 > innerWidth / 2;
  const left = leftward ? from.right - own.width : from.left;
  const rightmost = innerWidth - own.width - MARGIN_PX;
  menu.style.top = `${Math.max(MARGIN_PX, Math.min(top, innerHeight - own.height - MARGIN_PX))}px`;
  menu.style.left = `${Math.max(MARGIN_PX, Math.min(left, rightmost))}px`;
}

interface ItemProps {
  icon?: IconName;
  run: () => void;
  danger?: boolean;
  children: ComponentChildren;
}

export function MenuItem({ icon, run, danger, children }: ItemProps) {
  const close = useContext(Close);
  return (
    <button
      role="menuitem"
      tabIndex={-1}
      class={danger ? "menu-item danger" : "menu-item"}
      onClick={() => close(run)}
    >
      <span class="menu-lead">{icon && <Icon name={icon} />}</span>
      {children}
    </button>
  );
}

interface ChoiceProps {
  chosen: boolean;
  run: () => void;
  lead?: ComponentChildren;
  children: ComponentChildren;
}

export function MenuChoice({ chosen, run, lead, children }: ChoiceProps) {
  const close = useContext(Close);
  return (
    <button
      role="menuitemradio"
      aria-checked={chosen}
      tabIndex={-1}
      class="menu-item"
      onClick={() => close(run)}
    >
      <span class="menu-lead">{lead}</span>
      <span class="menu-words">{children}</span>
      {chosen && <Icon name="check" />}
    </button>
  );
}

/** Text in a menu that can be read, with the arrows too, but not chosen. */
export function MenuNote({ children }: { children: ComponentChildren }) {
  return (
    <div role="menuitem" aria-disabled="true" tabIndex={-1} class="menu-note">
      {children}
    </div>
  );
}

export function MenuSeparator() {
  return <div role="separator" class="menu-separator" />;
}
