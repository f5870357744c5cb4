// Owns the message list: a listbox with one tab stop, of which only the rows in view exist.
// Does not own which messages are in it: listing.ts; nor a row: row.tsx.
import { useEffect, useLayoutEffect, useRef, useState } from "preact/hooks";
import { Empty, Failed, Loading } from "../frame/states";
import { Icon } from "../frame/icons";
import { size } from "../frame/size";
import { t } from "../text";
import { compose } from "../compose/store";
import { currentMailbox, folderName, searchWords } from "./mailboxes";
import { placeOf } from "./listing";
import { Row } from "./row";
import {
  activate,
  activeId,
  focusList,
  focusReading,
  listing,
  open,
  openId,
  search,
} from "./store";
import { rowsInView, type Rows } from "./virtual";

/** The height of a row; the same number is in mail.css. */
export const ROW_PX = 76;

export function MessageList() {
  const words = searchWords.value;
  const folder = currentMailbox.value;
  const title = words ? t.mail.results : folderName(folder);
  return (
    <section class="pane list-pane" aria-labelledby="list-title">
      <header class="pane-head">
        <h2 id="list-title" dir="auto">
          {title}
        </h2>
        {!listing.loading.value && listing.ids.value.length > 0 && (
          <span class="quiet">{t.mail.total(listing.ids.value.length)}</span>
        )}
        {words && (
          <button
            class="icon-button end"
            aria-label={t.mail.clearSearch}
            onClick={() => search("")}
          >
            <Icon name="close" />
          </button>
        )}
        {size.value === "narrow" && !words && (
          <button
            class="icon-button end"
            aria-label={t.compose.newMessage}
            onClick={() => compose.start()}
          >
            <Icon name="drafts" />
          </button>
        )}
      </header>
      <Content title={title} words={words} />
    </section>
  );
}

function Content({ title, words }: { title: string; words: string }) {
  if (listing.error.value) {
    return (
      <Failed title={t.mail.listFailed} why={listing.error.value} retry={() => listing.retry()} />
    );
  }
  if (listing.loading.value) return <Loading rows={9} />;
  if (listing.ids.value.length > 0) return <Rows title={title} />;
  return words ? (
    <Empty icon="search" title={t.mail.noResults(words)} hint={t.mail.noResultsHint} />
  ) : (
    <Empty icon="inbox" title={t.mail.empty(title)} hint={t.mail.emptyHint} />
  );
}

function Rows({ title }: { title: string }) {
  const scroller = useRef<HTMLDivElement>(null);
  const [rows, setRows] = useState<Rows>({ from: 0, to: 30 });
  const ids = listing.ids.value;
  const look = () => {
    const element = scroller.current;
    if (!element) return;
    const next = rowsInView(element.scrollTop, element.clientHeight, ROW_PX, ids.length);
    setRows((now) => (now.from === next.from && now.to === next.to ? now : next));
    if (element.scrollTop < ROW_PX) listing.arrived.value = 0;
  };
  useKeptPlace(scroller, look);
  useEffect(() => listing.ensure(rows.from, rows.to), [rows, ids]);
  useEffect(() => {
    addEventListener("resize", look);
    return () => removeEventListener("resize", look);
  });
  useActiveFocus(scroller, ids);
  const active = ids[Math.max(0, placeOf(ids, activeId.value))];
  return (
    <>
      <Arrivals scroller={scroller} />
      <div
        ref={scroller}
        class="list-scroller"
        role="listbox"
        aria-label={t.mail.list(title)}
        onScroll={look}
        onKeyDown={(event) => onListKey(event, ids, scroller.current)}
      >
        <Spacer rows={rows.from} />
        {ids.slice(rows.from, rows.to).map((id, index) => (
          <Row
            key={id ?? `at-${rows.from + index}`}
            id={id}
            at={rows.from + index}
            of={ids.length}
            isActive={id !== undefined && id === active}
          />
        ))}
        <Spacer rows={Math.max(0, ids.length - rows.to)} />
      </div>
    </>
  );
}

function Spacer({ rows }: { rows: number }) {
  return <div role="presentation" style={{ blockSize: `${rows * ROW_PX}px` }} />;
}

function Arrivals({ scroller }: { scroller: { current: HTMLElement | null } }) {
  const n = listing.arrived.value;
  const scrolled = (scroller.current?.scrollTop ?? 0) >= ROW_PX;
  return (
    <div class="arrivals" role="status">
      {n > 0 && scrolled && (
        <button
          class="pill"
          onClick={() => {
            scroller.current?.scrollTo({ top: 0 });
            listing.arrived.value = 0;
          }}
        >
          {t.mail.newMail(n)}
        </button>
      )}
    </div>
  );
}

/** New mail above must not push away what somebody is looking at (webmail L9). */
function useKeptPlace(scroller: { current: HTMLElement | null }, look: () => void): void {
  const before = useRef<readonly (string | undefined)[]>([]);
  const ids = listing.ids.value;
  useLayoutEffect(() => {
    const element = scroller.current;
    const top = element ? Math.floor(element.scrollTop / ROW_PX) : 0;
    const anchor = before.current[top];
    if (element && top > 0 && anchor) {
      const at = ids.indexOf(anchor);
      if (at > 0 && at !== top) element.scrollTop += (at - top) * ROW_PX;
    }
    before.current = ids;
    look();
  }, [ids]);
}

/** Brings the active row into view, and the focus to it when a key or a removal asked for that. */
function useActiveFocus(
  scroller: { current: HTMLElement | null },
  ids: readonly (string | undefined)[],
): void {
  const asked = focusList.value;
  const handled = useRef(asked);
  const active = activeId.value;
  useLayoutEffect(() => {
    const element = scroller.current;
    const at = placeOf(ids, active);
    if (!element || at < 0) return;
    const top = at * ROW_PX;
    if (top < element.scrollTop) element.scrollTop = top;
    const bottom = top + ROW_PX - element.clientHeight;
    if (bottom > element.scrollTop) element.scrollTop = bottom;
  }, [active]);
  useEffect(() => {
    if (handled.current === asked) return;
    const row = scroller.current?.querySelector<HTMLElement>("[role=option][tabindex='0']");
    if (row && active && row.dataset["id"] !== active) return;
    if (!row && ids.length > 0) return;
    handled.current = asked;
    row?.focus();
  });
}

function onListKey(
  event: KeyboardEvent,
  ids: readonly (string | undefined)[],
  scroller: HTMLElement | null,
): void {
  if (event.ctrlKey || event.altKey || event.metaKey) return;
  const at = placeOf(ids, activeId.peek());
  const page = Math.max(1, Math.floor((scroller?.clientHeight ?? ROW_PX) / ROW_PX) - 1);
  const goals: Record<string, number> = {
    ArrowDown: at + 1,
    ArrowUp: at - 1,
    PageDown: at + page,
    PageUp: at - page,
    Home: 0,
    End: ids.length - 1,
  };
  if (event.key === "Enter" || event.key === " ") {
    const id = activeId.peek();
    if (id) open(id);
    if (event.key === "Enter" && openId.peek()) focusReading.value += 1;
  } else if (event.key in goals) {
    const goal = ids[Math.max(0, Math.min(ids.length - 1, goals[event.key] ?? 0))];
    if (goal) activate(goal);
  } else {
    return;
  }
  event.preventDefault();
}
