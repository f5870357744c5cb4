// Owns what the address bar says and means: folder, message, search, view. Reload and Back restore
// it (webmail L8). Does not own what is shown for it.
import { signal } from "@preact/signals";
import type { Id } from "../jmap/types";

export type Route =
  | { view: "mail"; mailbox: Id | null; email: Id | null; query: string }
  | { view: "people" }
  | { view: "chats"; conversation: Id | null };

export const START: Route = { view: "mail", mailbox: null, email: null, query: "" };

export function parseRoute(hash: string): Route {
  const [path = "", search = ""] = hash.replace(/^#?\/?/, "").split("?");
  const [view, ...rest] = path.split("/").map(decode);
  if (view === "people") return { view };
  if (view === "chats") return { view, conversation: rest[0] || null };
  const query = new URLSearchParams(search).get("q") ?? "";
  return { view: "mail", mailbox: rest[0] || null, email: rest[1] || null, query };
}

export function formatRoute(route: Route): string {
  switch (route.view) {
    case "people":
      return "#/people";
    case "chats":
      return route.conversation ? `#/chats/${encodeURIComponent(route.conversation)}` : "#/chats";
    case "mail": {
      const parts = [route.mailbox ?? "", route.email ?? ""].map(encodeURIComponent);
      const path = `#/mail/${parts.join("/")}`.replace(/\/+$/, "");
      return route.query ? `${path}?q=${encodeURIComponent(route.query)}` : path;
    }
  }
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return "";
  }
}

export const route = signal<Route>(START);

export function startRoute(): void {
  const read = () => (route.value = parseRoute(location.hash));
  addEventListener("hashchange", read);
  addEventListener("popstate", read);
  read();
}

/** `replace` where Back should not stop, e.g. while walking down the list. */
export function go(to: Route, how: "push" | "replace" = "push"): void {
  const hash = formatRoute(to);
  if (hash === formatRoute(route.peek())) return;
  if (how === "push") history.pushState(null, "", hash);
  else history.replaceState(null, "", hash);
  route.value = to;
}

/** The mail route, with some of it changed. From other views it starts anew. */
export function mailRoute(change: Partial<Extract<Route, { view: "mail" }>>): Route {
  const now = route.peek();
  return { ...(now.view === "mail" ? now : { ...START }), ...change } as Route;
}
