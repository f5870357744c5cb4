// Owns finding the links and the quotations in plain text. Pure; the result is drawn by plain-
// text.tsx, never put into a page as HTML.

export interface Span {
  text: string;
  href?: string;
}

// Schemes are listed, not guessed: nothing but these becomes a link.
const LINK =
  /\b(?:https?:\/\/[^\s<>"'`]+|www\.[^\s<>"'`]+\.[^\s<>"'`]+|mailto:[^\s<>"'`]+|[\w.+-]+@[\w-]+(?:\.[\w-]+)+)/giu;
const TAIL = /[.,;:!?'"»”’…*_~]+$/u;

/** A closing bracket belongs to the link only if the link opened it. */
function trimTail(text: string): string {
  let link = text.replace(TAIL, "");
  for (;;) {
    const last = link.at(-1) ?? "";
    const opens = { ")": "(", "]": "[", "}": "{" }[last];
    if (!opens || link.split(opens).length >= link.split(last).length) return link;
    link = link.slice(0, -1).replace(TAIL, "");
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
  for (const match of text.matchAll(LINK)) {
    const link = trimTail(match[0]);
    const href = link && hrefOf(link);
    if (!href) continue;
    if (match.index > from) spans.push({ text: text.slice(from, match.index) });
    spans.push({ text: link, href });
    from = match.index + link.length;
  }
  if (from < text.length) spans.push({ text: text.slice(from) });
  return spans;
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
