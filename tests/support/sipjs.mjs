// SIP.js in a page of its own: a person's phone in a browser, over secure WebSocket. Its modules
// are served to the page as npm installed them. (By a server on loopback: browsers let no page from
// elsewhere connect there.)
import { createServer } from 'node:http';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { until } from './demo.mjs';

const library = join(dirname(fileURLToPath(import.meta.url)), '..', 'node_modules', 'sip.js', 'lib');

const PAGE = `<!doctype html><meta charset="utf-8"><title>SIP.js</title><audio id="heard" autoplay></audio>
<script type="module">
  import * as SIP from '/lib/index.js';
  window.SIP = SIP;
  window.texts = []; window.states = []; window.answers = []; window.ended = 0;
  const media = { constraints: { audio: true, video: false }, iceGatheringTimeout: 500 };

  window.signIn = async ({ server, sip, user, password }) => {
    const ua = window.ua = new SIP.UserAgent({
      uri: SIP.UserAgent.makeURI(sip), authorizationUsername: user, authorizationPassword: password,
      transportOptions: { server }, logLevel: 'warn',
      sessionDescriptionHandlerFactoryOptions: { peerConnectionConfiguration: { iceServers: [] }, iceGatheringTimeout: 500 },
      delegate: {
        onMessage: (message) => { window.texts.push(message.request.body); message.accept(); },
        onInvite: (session) => { window.session = session; watch(session); },
      },
    });
    await ua.start();
    const registerer = window.registerer = new SIP.Registerer(ua, { expires: 600 });
    return new Promise((resolve) => registerer.register({ requestDelegate: {
      onAccept: () => resolve(200), onReject: (response) => resolve(response.message.statusCode),
    } }));
  };
  window.write = (to, text) => new Promise((resolve) => new SIP.Messager(window.ua, SIP.UserAgent.makeURI(to), text).message({
    requestDelegate: { onAccept: (response) => resolve(response.message.statusCode), onReject: (response) => resolve(response.message.statusCode) },
  }));
  window.watchPresence = (of) => {
    const subscriber = new SIP.Subscriber(window.ua, SIP.UserAgent.makeURI(of), 'presence');
    subscriber.delegate = { onNotify: (notification) => { window.states.push(notification.request.body); notification.accept(); } };
    return subscriber.subscribe();
  };
  window.publish = (pidf) => new SIP.Publisher(window.ua, window.ua.configuration.uri, 'presence',
    { contentType: 'application/pidf+xml', expires: 600 }).publish(pidf);
  function watch(session) {
    session.stateChange.addListener((state) => {
      if (state === SIP.SessionState.Terminated) window.ended += 1;
    });
  }
  window.call = (to) => {
    const session = window.session = new SIP.Inviter(window.ua, SIP.UserAgent.makeURI(to), { sessionDescriptionHandlerOptions: media });
    watch(session);
    return session.invite({ requestDelegate: {
      onProgress: (response) => window.answers.push(response.message.statusCode),
      onAccept: (response) => window.answers.push(response.message.statusCode),
      onReject: (response) => window.answers.push(response.message.statusCode),
    } });
  };
  window.accept = () => window.session.accept({ sessionDescriptionHandlerOptions: media });
  window.hangUp = () => window.session.bye();
  // What has come and gone as sound, in packets.
  window.packets = async () => {
    const stats = await window.session.sessionDescriptionHandler.peerConnection.getStats();
    const of = (type, field) => [...stats.values()].filter((one) => one.type === type).reduce((sum, one) => sum + one[field], 0);
    return { sent: of('outbound-rtp', 'packetsSent'), heard: of('inbound-rtp', 'packetsReceived') };
  };
  window.ready = true;
</script>`;

function serve(request, response) {
  const script = request.url.match(/^\/lib\/([\w/.-]+\.js)$/);
  response.setHeader('Content-Type', script ? 'text/javascript' : 'text/html');
  response.end(script ? readFileSync(join(library, script[1])) : PAGE);
}

export class SipJs {
  static async signIn(browser, demo, name, password) {
    const phone = new SipJs();
    phone.context = await browser.newContext({ ignoreHTTPSErrors: true, permissions: ['microphone'] });
    phone.server = createServer(serve).listen(0, '127.0.0.1');
    await once(phone.server, 'listening');
    phone.page = await phone.context.newPage();
    phone.log = [];
    phone.page.on('console', (message) => phone.log.push(message.text()));
    phone.page.on('pageerror', (error) => phone.log.push(String(error)));
    await phone.page.goto(`http://localhost:${phone.server.address().port}/`);
    await phone.page.waitForFunction(() => window.ready);
    const user = demo.user(name);
    phone.status = await phone.page.evaluate((settings) => window.signIn(settings), {
      server: `wss://localhost:${demo.ports.wss}`, sip: user.sip,
      user: user.sip.replace(/^sip:/, ''), password: password ?? user.password,
    });
    return phone;
  }

  write(to, text) {
    return this.page.evaluate(([to, text]) => window.write(to, text), [to, text]);
  }

  async until(what, look) {
    return until(what, () => this.page.evaluate(look))
      .catch((error) => { throw new Error(`${error.message}\n${this.log.join('\n').slice(-4000)}`); });
  }

  async end() {
    await this.context?.close();
    this.server?.close();
  }
}
