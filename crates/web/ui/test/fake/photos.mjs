// Owns the photos of the fake server: who has which picture, where it lies, and changing one's own.
import { createHash } from "node:crypto";
import { deflateSync } from "node:zlib";
import { email } from "./world.mjs";

const SIDE = 96;

function chunk(type, data) {
  const head = Buffer.alloc(4);
  head.writeUInt32BE(data.length);
  const body = Buffer.concat([Buffer.from(type, "latin1"), data]);
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc(body));
  return Buffer.concat([head, body, sum]);
}

function crc(bytes) {
  let sum = ~0;
  for (const byte of bytes) {
    sum ^= byte;
    for (let bit = 0; bit < 8; bit += 1) sum = (sum >>> 1) ^ (0xedb88320 & -(sum & 1));
  }
  return ~sum >>> 0;
}

/** A sunrise in two colours: something a person can tell from initials. */
export function picture([red, green, blue]) {
  const rows = [];
  for (let y = 0; y < SIDE; y += 1) {
    rows.push(0);
    for (let x = 0; x < SIDE; x += 1) {
      const isSun = Math.hypot(x - SIDE / 2, y - SIDE * 0.6) < SIDE / 4;
      rows.push(...(isSun ? [255, 220, 120] : [red, green, blue].map((c) => c - y / 2)));
    }
  }
  const head = Buffer.from([0, 0, 0, SIDE, 0, 0, 0, SIDE, 8, 2, 0, 0, 0]);
  const pixels = deflateSync(Buffer.from(rows.map((c) => Math.max(0, Math.round(c)))));
  const mark = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  const end = chunk("IEND", Buffer.alloc(0));
  return Buffer.concat([mark, chunk("IHDR", head), chunk("IDAT", pixels), end]);
}

export class Photos {
  /** `tell(type)` pushes that a type has changed to every page. */
  constructor(tell) {
    this.byLogin = new Map();
    this.tell = tell;
    this.maySet = true;
    this.served = 0;
  }

  /** `null`: none any more. */
  put(login, bytes) {
    const tag = bytes && createHash("sha256").update(bytes).digest("hex").slice(0, 16);
    if (bytes) this.byLogin.set(login, { tag, bytes });
    else this.byLogin.delete(login);
    this.tell("Principal");
  }

  tagOf(login) {
    return this.byLogin.get(login)?.tag ?? null;
  }

  serve(url, response) {
    const asked = url.searchParams.get("email") ?? "";
    const found = [...this.byLogin].find(([login]) => email(login) === asked)?.[1];
    this.served += 1;
    if (!found) return response.writeHead(404).end();
    return response.writeHead(200, { "Content-Type": "image/png" }).end(found.bytes);
  }

  async own(login, request, response) {
    if (request.method === "GET") {
      response.writeHead(200, { "Content-Type": "application/json" });
      return response.end(JSON.stringify({ maySet: this.maySet }));
    }
    const parts = [];
    for await (const part of request) parts.push(part);
    const bytes = Buffer.concat(parts);
    if (request.method === "POST" && bytes[0] !== 0x89) {
      response.writeHead(400, { "Content-Type": "application/problem+json" });
      return response.end(JSON.stringify({ type: "x", detail: "This cannot be your photo." }));
    }
    this.put(login, request.method === "POST" ? bytes : null);
    return response.writeHead(204).end();
  }
}
