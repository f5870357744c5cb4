// A SIP client of a few lines, over TLS with Digest: what it sends is what the test writes.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { connect } from 'node:tls';
import { until } from './demo.mjs';

const md5 = (text) => createHash('md5').update(text).digest('hex');

export class SipTls {
  constructor(demo, name) {
    this.user = demo.user(name);
    this.heard = [];
    this.rest = '';
    this.cseq = 0;
    const [servername] = Object.keys(demo.hosts).filter((one) => one.startsWith('atl-cs-'));
    this.socket = connect({ host: '127.0.0.1', port: demo.ports.sips, servername, ca: readFileSync(demo.ca_file) });
    this.socket.setEncoding('latin1');
    this.socket.on('data', (chunk) => this.hear(chunk));
  }

  hear(chunk) {
    this.rest += chunk;
    for (;;) {
      const end = this.rest.indexOf('\r\n\r\n');
      if (end < 0) return;
      const head = this.rest.slice(0, end);
      const length = Number(/^content-length: *(\d+)/im.exec(head)?.[1] ?? 0);
      if (this.rest.length < end + 4 + length) return;
      const message = { head, body: this.rest.slice(end + 4, end + 4 + length) };
      this.rest = this.rest.slice(end + 4 + length);
      this.heard.push(message);
      if (!/^(SIP\/|ACK )/.test(head)) this.accept(head);
    }
  }

  /** 200 to a request. */
  accept(head) {
    const copied = head.split('\r\n').filter((line) => /^(via|from|to|call-id|cseq):/i.test(line));
    this.socket.write(['SIP/2.0 200 OK', ...copied, 'Content-Length: 0', '', ''].join('\r\n'));
  }

  /** Sends a request, and again with credentials when it is challenged; gives the final answer. */
  async ask(method, uri, headers, more) {
    const challenged = await this.once(method, uri, headers, more);
    const challenge = /^www-authenticate: *digest (.*)$/im.exec(challenged.head)?.[1];
    if (!challenge) return challenged;
    const said = (name) => new RegExp(`${name}="?([^",]*)`).exec(challenge)[1];
    const [realm, nonce, login] = [said('realm'), said('nonce'), this.user.upn];
    const secret = md5(`${login}:${realm}:${this.user.password}`);
    const response = md5(`${secret}:${nonce}:00000001:c:auth:${md5(`${method}:${uri}`)}`);
    const credentials = `Authorization: Digest username="${login}", realm="${realm}", nonce="${nonce}", uri="${uri}", `
      + `qop=auth, nc=00000001, cnonce="c", algorithm=MD5, response="${response}"`;
    return this.once(method, uri, [...headers, credentials], more);
  }

  async once(method, uri, headers, more) {
    const cseq = this.send(method, uri, headers, more);
    const is = ({ head }) => head.startsWith('SIP/2.0 ') && new RegExp(`^cseq: *${cseq}`, 'im').test(head);
    return until(`an answer to ${cseq}`, () => this.heard.find(is));
  }

  send(method, uri, headers, { to = `<${uri}>`, callId = 'kept', body = '', number = (this.cseq += 1) } = {}) {
    const cseq = `${number} ${method}`;
    this.socket.write([
      `${method} ${uri} SIP/2.0`, `Via: SIP/2.0/TLS client.invalid;branch=z9hG4bK${this.cseq}`, 'Max-Forwards: 70',
      `From: <${this.user.sip}>;tag=t`, `To: ${to}`, `Call-ID: ${callId}`, `CSeq: ${cseq}`,
      `Contact: <${this.user.sip};transport=tls>`, ...headers, `Content-Length: ${Buffer.byteLength(body)}`, '', body,
    ].join('\r\n'));
    return cseq;
  }

  /** The next NOTIFY, or other request, that says this. */
  async notified(what, method = 'NOTIFY') {
    return until(`a ${method} with ${what}`, () => {
      const at = this.heard.findIndex(({ head, body }) => head.startsWith(`${method} `) && what.test(body));
      return at >= 0 && this.heard.splice(0, at + 1).at(-1);
    });
  }

  async register() {
    const domain = this.user.sip.split('@')[1];
    return this.ask('REGISTER', `sip:${domain}`, ['Expires: 600'], { to: `<${this.user.sip}>`, callId: 'registered' });
  }

  /** A text session with somebody, as clients of the Lync dialect begin it. */
  async talkWith(sip) {
    const number = (this.cseq += 1);
    const offer = ['v=0', 'o=- 0 0 IN IP4 127.0.0.1', 's=session', 'c=IN IP4 127.0.0.1', 't=0 0',
      'm=message 5061 sip null', 'a=accept-types:text/plain text/html text/rtf application/im-iscomposing+xml', ''].join('\r\n');
    const callId = `session-${number}`;
    const answer = await this.once('INVITE', sip, ['Content-Type: application/sdp'], { callId, body: offer, number });
    const header = (name) => new RegExp(`^${name}: *(.*)$`, 'im').exec(answer.head)?.[1];
    const dialog = { callId, to: header('to') };
    const contact = /<(.*)>/.exec(header('contact') ?? '')?.[1];
    this.send('ACK', contact, [], { ...dialog, number });
    return {
      answer,
      isOf: ({ head }) => head.includes(callId),
      say: (body, type = 'text/plain; charset=UTF-8') =>
        this.once('MESSAGE', contact, [`Content-Type: ${type}`], { ...dialog, body }),
      type: () => this.once('INFO', contact, ['Content-Type: application/xml'],
        { ...dialog, body: '<KeyboardActivity> <status status="type" /></KeyboardActivity>' }),
      end: () => this.once('BYE', contact, [], dialog),
    };
  }

  end() {
    this.socket.destroy();
  }
}
