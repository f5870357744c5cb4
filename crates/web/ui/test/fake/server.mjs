// A small fake of the server, to develop and test the page without the real one. It keeps
// everything in memory, serves dist/ under the real policy, and lets a test break things
// (`world`). Run by hand: `npm run dev`, then sign in as ken or denise with the password "secret".
import { readFile } from "node:fs/promises";
import { createServer } from "node:http";
import { extname, join, normalize } from "node:path";
import { fileURLToPath } from "node:url";
import { WebSocketServer } from "ws";
import { run } from "./methods.mjs";
import { Photos } from "./photos.mjs";
import { PEOPLE, account, furnish, furnishChat, nameOf, sip } from "./world.mjs";

const DIST = fileURLToPath(new URL("../../dist/", import.meta.url));
const IM = "urn:tandem:params:jmap:im";
const POLICY =
  "default-src 'self'; style-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'self'";
const KINDS = {
  ".html": "text/html",
  ".js": "text/javascript",
  ".css": "text/css",
  ".svg": "image/svg+xml",
  ".woff2": "font/woff2",
};

export class World {
  constructor({ extra = 0, isEmpty = false } = {}) {
    this.accounts = new Map();
    this.wires = new Set();
    this.states = new Map(PEOPLE.map(([login, , state, activity]) => [login, { state, activity }]));
    this.refuseChats = null;
    this.photos = new Photos((type) => {
      for (const one of this.accounts.values()) this.tell(one, { [type]: String(one.next++) });
    });
    for (const [login] of PEOPLE) {
      const one = account(login, (type) => {
        const known = this.accounts.get(login);
        if (known) this.tell(known, { [type]: known.feeds[type].state });
      });
      this.accounts.set(login, one);
      if (!isEmpty) furnish(one, login === "ken" ? extra : 0);
    }
    if (!isEmpty) furnishChat(this);
  }

  tell(one, changed, im) {
    const change = {
      "@type": "StateChange",
      changed: { [one.id]: changed },
      ...(im ? { [IM]: im } : {}),
    };
    for (const wire of this.wires) if (wire.one === one) wire.send(JSON.stringify(change));
  }

  status(one) {
    return { id: "singleton", reason: null, link: null, ownAddress: sip(one.login), ...one.im };
  }

  setStatus(one, change) {
    if ("signedIn" in change) one.im = { state: change.signedIn ? "working" : "signedOut" };
    if (change.state) one.im = change;
    this.tell(one, { ImStatus: String(Date.now()) }, { status: this.status(one) });
  }

  presence(address) {
    const login = address.slice(4).split("@")[0];
    const { state = "unknown", activity = null, note = null } = this.states.get(login) ?? {};
    const since = new Date(Date.now() - 25 * 60_000).toISOString();
    return { id: address, availability: null, state, activity, note, since };
  }

  setPresence(login, state, more = {}) {
    this.states.set(login, { state, activity: null, ...more });
    for (const wire of this.wires) {
      if (wire.one.login !== login && !wire.watched.includes(sip(login))) continue;
      const im = { presence: [this.presence(sip(login))] };
      wire.send(JSON.stringify({ "@type": "StateChange", changed: {}, [IM]: im }));
    }
  }

  conversation(one, other) {
    const feed = one.feeds.Conversation;
    const existing = feed.list().find((c) => c.with === sip(other));
    const fresh = {
      id: `c${one.next++}`,
      with: sip(other),
      withName: nameOf(other),
      lastMessageAt: null,
      lastText: null,
      unread: 0,
      isOpen: false,
      typing: false,
    };
    return existing ?? feed.put(fresh);
  }

  send(one, { conversationId, text, clientId }) {
    const at = new Date().toISOString();
    const message = {
      id: `t${one.next++}`,
      conversationId,
      from: sip(one.login),
      own: true,
      text,
      at,
      state: "sending",
      reason: null,
      clientId,
    };
    one.feeds.ConversationMessage.put(message);
    one.feeds.Conversation.patch(conversationId, { lastMessageAt: at, lastText: text });
    this.deliver(one, message, true);
    return one.feeds.ConversationMessage.objects.get(message.id);
  }

  deliver(one, message, isLate) {
    const other = one.feeds.Conversation.objects
      .get(message.conversationId)
      .with.slice(4)
      .split("@")[0];
    const end = () => {
      const become = (state, reason = null) =>
        one.feeds.ConversationMessage.patch(message.id, { state, reason });
      if (this.refuseChats) return become("failed", this.refuseChats);
      this.receive(other, one.login, message.text, message.at);
      return become(this.states.get(other)?.state === "offline" ? "kept" : "delivered");
    };
    if (isLate) setTimeout(end, 60);
    else end();
  }

  receive(login, from, text, at) {
    const one = this.accounts.get(login);
    const conversation = this.conversation(one, from);
    one.feeds.ConversationMessage.put({
      id: `t${one.next++}`,
      conversationId: conversation.id,
      from: sip(from),
      own: false,
      text,
      at,
      state: "delivered",
      reason: null,
      clientId: null,
    });
    one.feeds.Conversation.patch(conversation.id, {
      unread: conversation.unread + 1,
      lastMessageAt: at,
      lastText: text,
    });
  }

  /** As if `from` had said it: a finished message on both sides. */
  say(from, to, text, at = new Date().toISOString()) {
    const one = this.accounts.get(from);
    const conversationId = this.conversation(one, to).id;
    one.feeds.ConversationMessage.put({
      id: `t${one.next++}`,
      conversationId,
      from: sip(from),
      own: true,
      text,
      at,
      state: "delivered",
      reason: null,
      clientId: null,
    });
    one.feeds.Conversation.patch(conversationId, { lastMessageAt: at, lastText: text });
    this.receive(to, from, text, at);
  }

  typing(one, { conversationId, active }) {
    const other = one.feeds.Conversation.objects.get(conversationId).with.slice(4).split("@")[0];
    const there = this.accounts.get(other);
    const conversation = this.conversation(there, one.login);
    this.tell(there, {}, { typing: [{ conversationId: conversation.id, active }] });
  }

  session(one) {
    const caps = {
      "urn:ietf:params:jmap:core": {},
      "urn:ietf:params:jmap:mail": {},
      "urn:ietf:params:jmap:submission": {},
      "urn:ietf:params:jmap:principals": {},
      [IM]: {},
    };
    return {
      username: `${one.login}@litwareinc.com`,
      accounts: { [one.id]: { name: nameOf(one.login), accountCapabilities: caps } },
      primaryAccounts: { "urn:ietf:params:jmap:mail": one.id },
      capabilities: caps,
      state: "1",
    };
  }

  answer(one, wire, { methodCalls }) {
    const done = [];
    const made = {};
    for (const [method, args, callId] of methodCalls) {
      const whole = resolve(args, done);
      const result = run(this, one, wire, method, whole, made);
      done.push(result ? [method, result, callId] : ["error", { type: "unknownMethod" }, callId]);
    }
    return { methodResponses: done, sessionState: "1" };
  }

  breakWires() {
    for (const wire of this.wires) wire.terminate();
  }
}

function resolve(args, done) {
  const whole = {};
  for (const [name, value] of Object.entries(args)) {
    if (!name.startsWith("#")) whole[name] = value;
    else
      whole[name.slice(1)] = done.find(([, , id]) => id === value.resultOf)[1][
        value.path.slice(1).split("/")[0]
      ];
  }
  return whole;
}

async function text(request) {
  let all = "";
  for await (const part of request) all += part;
  return all;
}

function personOf(world, request) {
  const login = /tandem=(\w+)/.exec(request.headers.cookie ?? "")?.[1];
  return world.accounts.get(login);
}

async function file(path, response) {
  const name =
    path === "/owa/"
      ? "index.html"
      : normalize(path.slice("/owa/".length)).replace(/^(\.\.\/)+/, "");
  try {
    const bytes = await readFile(join(DIST, name));
    response.writeHead(200, {
      "Content-Type": KINDS[extname(name)] ?? "application/octet-stream",
      "Content-Security-Policy": POLICY,
    });
    response.end(bytes);
  } catch {
    response.writeHead(404).end();
  }
}

function json(response, status, value, headers = {}) {
  response
    .writeHead(status, { "Content-Type": "application/json", ...headers })
    .end(JSON.stringify(value));
}

async function handle(world, request, response) {
  const url = new URL(request.url, "http://fake");
  const isFile = url.pathname.startsWith("/owa/") && !/^\/owa\/(auth\/|photo$)/.test(url.pathname);
  if (isFile) return file(url.pathname, response);
  if (world.isDown) return response.writeHead(503).end();
  if (url.pathname === "/owa/auth/login") {
    const { username, password } = JSON.parse(await text(request));
    const one = world.accounts.get(username.split("@")[0]);
    if (!one || password !== "secret")
      return json(response, 401, { type: "about:blank", detail: "Wrong." });
    return response
      .writeHead(204, { "Set-Cookie": `tandem=${one.login}; Path=/; HttpOnly; SameSite=Lax` })
      .end();
  }
  if (url.pathname === "/owa/auth/logout") {
    return response.writeHead(204, { "Set-Cookie": "tandem=; Path=/; Max-Age=0" }).end();
  }
  const one = personOf(world, request);
  if (!one) return json(response, 401, { type: "about:blank" });
  if (url.pathname === "/owa/photo") return world.photos.own(one.login, request, response);
  if (url.pathname.endsWith("/GetUserPhoto")) return world.photos.serve(url, response);
  if (url.pathname === "/jmap/session") return json(response, 200, world.session(one));
  if (url.pathname === "/jmap/api")
    return json(response, 200, world.answer(one, null, JSON.parse(await text(request))));
  if (url.pathname.startsWith("/jmap/html/")) {
    const html = one.bodies.get(url.pathname.split("/").at(-1))?.html ?? "";
    response.writeHead(200, {
      "Content-Type": "text/html; charset=utf-8",
      "Tandem-Blocked-Pictures": url.searchParams.get("remote") === "1" ? 0 : 2,
      "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    });
    return response.end(
      `<!doctype html><base target="_blank"><style>body{font:15px/1.5 system-ui,sans-serif;margin:16px}</style>${html}`,
    );
  }
  return response.writeHead(302, { Location: "/owa/" }).end();
}

/** Starts the fake on a free port of loopback. */
export async function serve(options = {}) {
  const world = new World(options);
  const server = createServer((request, response) => void handle(world, request, response));
  const sockets = new WebSocketServer({ noServer: true });
  server.on("upgrade", (request, socket, head) => {
    const one = personOf(world, request);
    if (!one || world.isDown) return socket.destroy();
    sockets.handleUpgrade(request, socket, head, (wire) => {
      Object.assign(wire, { one, watched: [] });
      world.wires.add(wire);
      wire.on("close", () => world.wires.delete(wire));
      wire.on("message", (data) => {
        const message = JSON.parse(String(data));
        if (message["@type"] !== "Request" || world.isDeaf) return;
        wire.send(
          JSON.stringify({
            "@type": "Response",
            requestId: message.id,
            ...world.answer(one, wire, message),
          }),
        );
      });
    });
  });
  await new Promise((ready) => server.listen(options.port ?? 0, "127.0.0.1", ready));
  const url = `http://localhost:${server.address().port}/owa/`;
  const close = () => {
    world.breakWires();
    server.closeAllConnections();
    return new Promise((closed) => server.close(closed));
  };
  return { url, world, close };
}
