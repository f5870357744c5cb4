// Owns how plain text is drawn: as text, links made safe, quotations set apart.
import { blocks, linkify } from "./linkify";

export function Linked({ text }: { text: string }) {
  return (
    <>
      {linkify(text).map((span, index) =>
        span.href ? (
          <a key={index} href={span.href} target="_blank" rel="noopener noreferrer nofollow">
            {span.text}
          </a>
        ) : (
          span.text
        ),
      )}
    </>
  );
}

const DEPTHS_DRAWN = 4;

export function PlainText({ text }: { text: string }) {
  return (
    <div class="plain-text" dir="auto">
      {blocks(text.trimEnd()).map((block, index) =>
        block.depth === 0 ? (
          <div key={index}>
            <Linked text={block.text} />
          </div>
        ) : (
          <blockquote key={index} class={`depth-${Math.min(block.depth, DEPTHS_DRAWN)}`}>
            <Linked text={block.text} />
          </blockquote>
        ),
      )}
    </div>
  );
}
