// Debian's linphonec as a person's SIP phone: TLS, Digest, presence both ways, texts on its console.
import { spawn, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from './demo.mjs';

export const hasLinphone = spawnSync('linphonec', ['-v']).error === undefined;

export class Linphone {
  /**
   * `rls`: the address of a list server; then it asks for the presence of its list there.
   * `wraps`: its texts go in CPIM and ask what becomes of them, which it does not do by default in a chat of two.
   * `folder`: that of one which was put away before; then it knows what that one knew.
   */
  constructor(demo, name, peer, { rls, wraps = false, folder, debug = false } = {}) {
    this.folder = folder ?? mkdtempSync(join(tmpdir(), 'linphone-'));
    this.output = '';
    this.peer = demo.user(peer);
    // Without this folder its database cannot be made, and then it starts nothing.
    mkdirSync(join(this.folder, '.local', 'share', 'linphone'), { recursive: true });
    const file = join(this.folder, 'linphonerc');
    writeFileSync(file, settings(demo, demo.user(name), this.peer, { rls, wraps }));
    this.process = spawn('linphonec', ['-c', file, ...(debug ? ['-d', '6'] : [])], {
      stdio: ['pipe', 'pipe', 'pipe'], env: { ...process.env, HOME: this.folder },
    });
    this.process.stdout.on('data', (chunk) => this.hear(String(chunk)));
    this.process.stderr.on('data', (chunk) => this.hear(String(chunk)));
  }

  /** It asks on the console when a server would take a client certificate; any line is an answer. */
  hear(chunk) {
    const before = this.output.length;
    this.output += chunk;
    if (/Password for \(null\) on \(null\): ?$/.test(this.output.slice(Math.max(0, before - 40)))) this.type('none');
  }

  /** Waits for text on the console that came after `from`. */
  async shows(what, cap, from = 0) {
    return until(`linphone to show ${what}`, () => {
      const found = this.output.slice(from).match(what);
      if (!found && this.process.exitCode !== null) throw new Error('linphone ended');
      return found;
    }, cap).catch((error) => { throw new Error(`${error.message}\n${this.output.slice(-6000)}`); });
  }

  type(line) {
    this.process.stdin.write(`${line}\n`);
  }

  say(text) {
    this.type(`chat ${this.peer.sip} ${text}`);
  }

  /** Ends as a person ends it: it takes back what it registered and published. */
  async quit() {
    const gone = new Promise((resolve) => this.process.once('exit', resolve));
    this.type('quit');
    await gone;
  }

  async end() {
    this.process.kill('SIGKILL');
    rmSync(this.folder, { recursive: true, force: true });
  }
}

function settings(demo, user, peer, { rls, wraps }) {
  const [name, domain] = user.sip.replace(/^sip:/, '').split('@');
  const server = `<sip:127.0.0.1:${demo.ports.sips};transport=tls>`;
  return `[sip]
sip_port=-1
sip_tcp_port=-1
sip_tls_port=-1
root_ca=${demo.ca_file}
verify_server_certs=1
verify_server_cn=0
use_ipv6=0
default_proxy=0
${rls ? `rls_uri=${rls}\nuse_rls_presence=1\n` : ''}[proxy_default_values]
cpim_in_basic_chat_rooms_enabled=${wraps ? 1 : 0}
[auth_info_0]
username=${name}
passwd=${user.password}
domain=${domain}
[proxy_0]
reg_proxy=${server}
reg_route=${server}
reg_identity="${user.display_name}" <${user.sip}>
reg_expires=600
reg_sendregister=1
publish=1
publish_expires=600
[friend_0]
url="${peer.display_name}" <${peer.sip}>
pol=accept
subscribe=1
`;
}
