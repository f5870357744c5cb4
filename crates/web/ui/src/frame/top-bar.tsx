// Owns the bar at the top: the brand, search, what is said about the connection, the own name.
import { useEffect, useRef } from "preact/hooks";
import { jmap } from "../jmap/client";
import { search } from "../mail/store";
import { searchWords } from "../mail/mailboxes";
import { OwnMenu } from "../presence/own-menu";
import { t } from "../text";
import { drawerOpen } from "./drawer";
import { Brand, Icon } from "./icons";
import { size } from "./size";

export function TopBar() {
  return (
    <header class="top-bar" data-pane>
      {size.value === "medium" && (
        <button
          class="icon-button"
          aria-label={t.general.openNavigation}
          aria-expanded={drawerOpen.value}
          onClick={() => (drawerOpen.value = !drawerOpen.value)}
        >
          <Icon name="menu" />
        </button>
      )}
      <div class="brand">
        <Brand />
        <h1>{t.brand}</h1>
      </div>
      <Search />
      <p class="connection" role="status">
        {jmap.reconnecting.value && (
          <>
            <span class="spinner" aria-hidden="true" />
            <span title={t.general.reconnectingLong}>{t.general.reconnecting}</span>
          </>
        )}
      </p>
      <OwnMenu />
    </header>
  );
}

function Search() {
  const field = useRef<HTMLInputElement>(null);
  const words = searchWords.value;
  useEffect(() => {
    if (field.current) field.current.value = words;
  }, [words]);
  return (
    <form
      class="search"
      role="search"
      onSubmit={(event) => {
        event.preventDefault();
        search(field.current?.value ?? "");
      }}
    >
      <Icon name="search" />
      <input
        ref={field}
        type="search"
        aria-label={t.mail.search}
        placeholder={t.mail.search}
        aria-keyshortcuts="/"
        dir="auto"
        autocomplete="off"
        onInput={(event) => {
          if (event.currentTarget.value === "") search("");
        }}
        onKeyDown={(event) => {
          if (event.key !== "Escape") return;
          event.currentTarget.value = "";
          search("");
        }}
      />
    </form>
  );
}
