// Owns finding the links and the quotations in plain text. Pure; the result is drawn by plain-
// text.tsx, never put into a page as HTML.

export interface Span {
  text: string;
  href?: string;
}

// What ends a link. Strangers write these texts: each step below reads a text once, however it is
// made, so that none of them can keep a page busy.
const TOKEN = /[^\s<>"'`]+/gu;
// Schemes are listed, not guessed: nothing but these becomes a link.
const START = /(?<!\w)(?:https?:\/\/|www\.|mailto:)/gi;
const DOMAIN = /[\w-]+(?:\.[\w-]+)+/y;
const TAIL = ".,;:!?'\"»”’…*_~";
const OPENS: Record<string, string> = { ")": "(", "]": "[", "}": "{" };

/** Without the punctuation after it; a closing bracket belongs to the link only if it opened it. */
function trimTail(text: string): string {
  const counts: Record<string, number> = {};
  for (const letter of text) {
    if ("()[]{}".includes(letter)) counts[letter] = (counts[letter] ?? 0) + 1;
  }
  let end = text.length;
  for (; end > 0; end -= 1) {
    const last = text.charAt(end - 1);
    if (TAIL.includes(last)) continue;
    const opens = OPENS[last];
    if (!opens || (counts[opens] ?? 0) >= (counts[last] ?? 0)) break;
    counts[last] = (counts[last] ?? 0) - 1;
  }
  return text.slice(0, end);
}

interface Found {
  at: number;
  text: string;
}

/** The first `https://…`, `www.…` or `mailto:…` from here on: it takes the rest of the token. */
function nextUrl(token: string, from: number): Found | null {
  const lastDot = token.lastIndexOf(".", token.length - 2);
  START.lastIndex = from;
  for (let match = START.exec(token); match; match = START.exec(token)) {
    const after = match.index + match[0].length;
    const isWhole = /^www/i.test(match[0]) ? lastDot > after : token.length > after;
    if (isWhole) return { at: match.index, text: token.slice(match.index) };
  }
  return null;
}

/** The first mail address from here on. */
function nextAddress(token: string, from: number): Found | null {
  for (let at = token.indexOf("@", from); at >= 0; at = token.indexOf("@", at + 1)) {
    let start = at;
    while (start > from && /[\w.+-]/.test(token.charAt(start - 1))) start -= 1;
    while (start < at && !/\w/.test(token.charAt(start))) start += 1;
    DOMAIN.lastIndex = at + 1;
    const domain = start < at ? DOMAIN.exec(token) : null;
    if (domain) return { at: start, text: token.slice(start, at + 1 + domain[0].length) };
  }
  return null;
}

function* found(text: string): Generator<Found> {
  for (const { 0: token, index } of text.matchAll(TOKEN)) {
    let url = nextUrl(token, 0);
    let from = 0;
    for (;;) {
      const address = nextAddress(token, from);
      if (!address || (url && url.at <= address.at)) break;
      yield { at: index + address.at, text: address.text };
      from = address.at + address.text.length;
      if (url && url.at < from) url = nextUrl(token, from);
    }
    if (url) yield { at: index + url.at, text: url.text };
  }
}

function hrefOf(link: string): string | null {
  const text = /^www\./i.test(link)
    ? `https://${link}`
    : /^[^:/]+@/.test(link)
      ? `mailto:${link}`
      : link;
  try {
    const url = new URL(text);
    return ["http:", "https:", "mailto:"].includes(url.protocol) ? url.href : null;
  } catch {
    return null;
  }
}

export function linkify(text: string): Span[] {
  const spans: Span[] = [];
  let from = 0;
  for (const one of found(text)) {
    const link = trimTail(one.text);
    const href = link && hrefOf(link);
    if (!href) continue;
    if (one.at > from) spans.push({ text: text.slice(from, one.at) });
    spans.push({ text: link, href });
    from = one.at + link.length;
  }
  if (from < text.length) spans.push({ text: text.slice(from) });
  return spans;
}

const WORD_MAX = 256;
const PIECE = 64;

/** The text in pieces between which a line may break. Only endless words are cut: browsers take time
 * with the square of their length to lay them out. Never before a mark that belongs to a letter. */
export function pieces(text: string): string[] {
  const cut: string[] = [];
  let start = 0;
  for (const match of text.matchAll(/\S+/gu)) {
    if (match[0].length <= WORD_MAX) continue;
    let at = match.index;
    let since = 0;
    for (const letter of match[0]) {
      if (since >= PIECE && !/[\p{M}\p{Cf}]/u.test(letter)) {
        cut.push(text.slice(start, at));
        start = at;
        since = 0;
      }
      at += letter.length;
      since += letter.length;
    }
  }
  cut.push(text.slice(start));
  return cut;
}

export interface Block {
  depth: number;
  text: string;
}

/** The text in runs of equal quotation depth ("> > …" is 2). */
export function blocks(text: string): Block[] {
  const result: Block[] = [];
  for (const line of text.replace(/\r\n?/g, "\n").split("\n")) {
    const marks = /^(?:>\s?)+/.exec(line)?.[0] ?? "";
    const depth = marks.split(">").length - 1;
    const rest = line.slice(marks.length);
    const last = result.at(-1);
    if (last && last.depth === depth) last.text += `\n${rest}`;
    else result.push({ depth, text: rest });
  }
  return result;
}
