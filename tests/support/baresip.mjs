// Debian's baresip as a person's SIP phone: TLS, Digest, texts typed and read on its console.
import { spawn, spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './demo.mjs';

export const hasBaresip = spawnSync('baresip', ['-h']).error === undefined;

/** What it needs to make calls without a sound card: a tone to send, a device that swallows what is heard. */
const CALLS = [
  'module opus.so', 'module ausine.so', 'module aubridge.so', 'audio_source ausine,440',
  'audio_player aubridge,out', 'audio_alert aubridge,out',
];

export class Baresip {
  /** `transport`: tls, tcp or udp. `calls`: with audio. */
  constructor(demo, name, peer, password, { transport = 'tls', calls = false } = {}) {
    this.folder = mkdtempSync(join(tmpdir(), 'baresip-'));
    this.output = '';
    const user = demo.user(name);
    const modules = '/usr/lib/baresip/modules';
    writeFileSync(join(this.folder, 'config'), [
      `module_path ${modules}`, 'module stdio.so', 'module_app account.so', 'module_app contact.so',
      'module_app menu.so', 'sip_listen 127.0.0.1:0', ...(calls ? CALLS : []), '',
    ].join('\n'));
    const port = transport === 'tls' ? demo.ports.sips : demo.ports.sip;
    const account = `<${user.sip};transport=${transport}>;auth_pass=${password ?? user.password};`
      + `outbound="sip:127.0.0.1:${port};transport=${transport}";regint=60`;
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

  /** Waits until sound is heard and sent: both rates of the call's status line are above 0. */
  async talks() {
    return this.shows(/audio=[1-9]\d*\/[1-9]\d* \(bit\/s\)/);
  }

  type(line) {
    this.process.stdin.write(`${line}\n`);
  }

  /** Leaves as a person does, so that its registration goes with it. */
  async end() {
    this.type('/quit');
    const gone = () => this.process.exitCode !== null || this.process.signalCode !== null;
    await until('baresip to leave', gone, 5_000).catch(() => this.process.kill('SIGKILL'));
    rmSync(this.folder, { recursive: true, force: true });
  }
}
