// Debian's baresip as a person's SIP phone: TLS, Digest, texts typed and read on its console.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './demo.mjs';

export const hasBaresip = spawnSync('baresip', ['-h']).error === undefined;

export class Baresip {
  constructor(demo, name, peer, password) {
    this.folder = mkdtempSync(join(tmpdir(), 'baresip-'));
    this.output = '';
    const user = demo.user(name);
    const modules = '/usr/lib/baresip/modules';
    writeFileSync(join(this.folder, 'config'), [
      `module_path ${modules}`, 'module stdio.so', 'module_app account.so', 'module_app contact.so',
      'module_app menu.so', 'sip_listen 127.0.0.1:0', '',
    ].join('\n'));
    const account = `<${user.sip};transport=tls>;auth_pass=${password ?? user.password};`
      + `outbound="sip:127.0.0.1:${demo.ports.sips};transport=tls";regint=60`;
    writeFileSync(join(this.folder, 'accounts'), `${account}\n`);
    writeFileSync(join(this.folder, 'contacts'), `"${peer}" <${demo.user(peer).sip}>\n`);
    this.process = spawn('baresip', ['-f', this.folder, '-s'], { stdio: ['pipe', 'pipe', 'pipe'] });
    const keep = (chunk) => { this.output += chunk; };
    this.process.stdout.on('data', keep);
    this.process.stderr.on('data', keep);
  }

  /** Waits for text on the console. */
  async shows(what, cap) {
    return until(`baresip to show ${what}`, () => {
      const found = this.output.match(what);
      if (!found && this.process.exitCode !== null) throw new Error(`baresip ended\n${this.output}`);
      return found;
    }, cap).catch((error) => { throw new Error(`${error.message}\n${this.output.slice(-6000)}`); });
  }

  type(line) {
    this.process.stdin.write(`${line}\n`);
  }

  async end() {
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}
