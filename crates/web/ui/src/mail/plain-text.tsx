// Owns how plain text is drawn: as text, links made safe, quotations set apart.
import { Fragment } from "preact";
import { blocks, linkify, pieces } from "./linkify";

/** Text in which endless words may break. */
export function Words({ text }: { text: string }) {
  const cut = pieces(text);
  if (cut.length === 1) return <>{text}</>;
  return (
    <>
      {cut.map((piece, index) => (
        <Fragment key={index}>
          {index > 0 && <wbr />}
          {piece}
        </Fragment>
      ))}
    </>
  );
}

export function Linked({ text }: { text: string }) {
  return (
    <>
      {linkify(text).map((span, index) =>
        span.href ? (
          <a key={index} href={span.href} target="_blank" rel="noopener noreferrer nofollow">
            <Words text={span.text} />
          </a>
        ) : (
          <Words key={index} text={span.text} />
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
