// Owns the icons of the page: our own strokes on 20 × 20, always decoration; the words are
// elsewhere.

const PATHS = {
  inbox: "M3 11.5 5.2 4.5h9.6L17 11.5V15.5H3zM3 11.5h4l1 2h4l1-2h4",
  drafts: "M12.8 4.2 15.8 7.2 7.5 15.5 4 16l.5-3.5z",
  sent: "M3.5 9.5 16.5 4 12 16.5 9.3 11zM9.3 11 16.5 4",
  trash: "M4 5.5h12M8 5.5V4h4v1.5M5.5 5.5 6.3 16h7.4l.8-10.5M8.5 8.5v5M11.5 8.5v5",
  junk: "M10 3.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M5.5 5.5l9 9",
  archive: "M3.5 4.5h13v3.5h-13zM4.5 8v7.5h11V8M8 11h4",
  folder: "M3 5.5V15.5H17V7H9.5L8 5.5z",
  reply: "M8 5 3.5 9.5 8 14M4 9.5h6.5c3.5 0 5.5 2 5.5 5.5",
  replyAll: "M9.5 5 5.5 9.5l4 4.5M6 9.5h5c3.5 0 5.5 2 5.5 5.5M6 5 2 9.5 6 14",
  forward: "M12 5l4.5 4.5L12 14M16 9.5H9.5C6 9.5 4 11.5 4 15",
  flag: "M5 17V3.5M5 4h9.5l-2 3.5 2 3.5H5",
  mail: "M3 5h14v10.5H3zM3 5.5 10 11l7-5.5",
  mailOpen: "M3 8.5 10 3.5l7 5V16H3zM3 8.5 10 13l7-4.5",
  chat: "M4 4.5h12v9H9.5L6 16.5v-3H4z",
  plus: "M10 4v12M4 10h12",
  search: "M9 3.5a5.5 5.5 0 1 0 0 11a5.5 5.5 0 1 0 0-11M13 13l4 4",
  close: "M5 5l10 10M15 5 5 15",
  minimise: "M5 14h10",
  down: "M6 8l4 4 4-4",
  right: "M8 6l4 4-4 4",
  more: "M4.2 10a.8.8 0 1 0 1.6 0a.8.8 0 1 0-1.6 0M9.2 10a.8.8 0 1 0 1.6 0a.8.8 0 1 0-1.6 0M14.2 10a.8.8 0 1 0 1.6 0a.8.8 0 1 0-1.6 0",
  menu: "M3.5 5.5h13M3.5 10h13M3.5 14.5h13",
  back: "M11.5 4.5 6 10l5.5 5.5M6.5 10H16",
  settings: "M4 6h5M13 6h3M4 14h2.5M10.5 14H16M11 4v4M8.5 12v4",
  keyboard: "M2.5 5.5h15v9h-15zM5.5 8.5h.01M8.5 8.5h.01M11.5 8.5h.01M14.5 8.5h.01M6.5 11.8h7",
  leave: "M11.5 4H4.5v12h7M8.5 10H17M14 7l3 3-3 3",
  unplug: "M6 3.5V7M10 3.5V7M4 7h8v3a4 4 0 0 1-4 4v3M13 13l4 4M17 13l-4 4",
  reset: "M4.5 10a5.5 5.5 0 1 0 1.8-4M4 3.5V7h3.5",
  person: "M10 3.5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M4 16.5c.5-3.5 2.8-5 6-5s5.5 1.5 6 5",
  personAdd:
    "M8 3.5a3 3 0 1 0 0 6a3 3 0 1 0 0-6M2.5 16.5c.5-3.5 2.5-5 5.5-5s5 1.5 5.5 5M15.5 4.5v5M13 7h5",
  check: "M4 10.5 8 14.5 16 5.5",
  checkTwice: "M2 10.5 6 14.5 13 6.5M9.5 13.5 10.5 14.5 18 6.5",
  clock: "M10 3.5a6.5 6.5 0 1 0 0 13a6.5 6.5 0 1 0 0-13M10 6.5V10.3L12.5 12",
  clip: "M14.5 9 9 14.5a3 3 0 0 1-4.3-4.3L11 4a2 2 0 0 1 3 3L8 12.8a1 1 0 0 1-1.4-1.4L12 6",
  send: "M4 10V4l13 6-13 6v-6zM4 10h6",
  warn: "M10 3.5 17.5 16.5H2.5zM10 8v4M10 14.3h.01",
  eye: "M2.5 10C4.5 6.5 7 5 10 5s5.5 1.5 7.5 5c-2 3.5-4.5 5-7.5 5s-5.5-1.5-7.5-5M10 7.8a2.2 2.2 0 1 0 0 4.4a2.2 2.2 0 1 0 0-4.4",
  aside: "M3.5 4.5h13v11h-13zM10.5 11.5h6",
} as const;

export type IconName = keyof typeof PATHS;

export function Icon({ name }: { name: IconName }) {
  return (
    <svg class="icon" viewBox="0 0 20 20" aria-hidden="true">
      <path d={PATHS[name]} />
    </svg>
  );
}

/** The sign of the house: two wheels, one frame. */
export function Brand() {
  return (
    <svg class="brand-sign" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="8" />
      <path d="M9.8 14.8a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8M22.2 14.8a4.4 4.4 0 1 0 0 8.8a4.4 4.4 0 1 0 0-8.8M9.8 19.2 14.2 11h7.3" />
    </svg>
  );
}
