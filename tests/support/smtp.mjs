// Another mail server's side of SMTP (RFC 5321), as bytes on a socket.
import { connect } from 'node:net';

/** Hands in one message; resolves with the server's last reply, rejects if a step is refused. */
export function handIn(demo, from, to, message) {
  const lines = ['EHLO mx.contoso.test', `MAIL FROM:<${from}>`, `RCPT TO:<${to}>`, 'DATA', `${stuffed(message)}\r\n.`, 'QUIT'];
  return new Promise((resolve, reject) => {
    const socket = connect(demo.ports.smtp, '127.0.0.1');
    let read = '';
    let accepted = '';
    socket.setTimeout(20_000, () => socket.destroy(new Error(`SMTP: no answer; last: ${read}`)));
    socket.on('error', reject);
    socket.on('close', () => resolve(accepted));
    socket.on('data', (chunk) => {
      read += chunk;
      const last = read.match(/^(\d{3}) [^\r]*\r\n$/m);
      if (!last) return;
      if (last[1] >= '400') return socket.destroy(new Error(`SMTP: ${read}`));
      read = '';
      const line = lines.shift();
      if (line === undefined) return socket.end();
      if (line === 'QUIT') accepted = last[0].trim();
      socket.write(`${line}\r\n`);
    });
  });
}

/** CRLF line ends, and a dot more where a line begins with one (RFC 5321 §4.5.2). */
function stuffed(message) {
  return message.replace(/\r?\n/g, '\r\n').replace(/^\./gm, '..');
}
