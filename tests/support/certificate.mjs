// Certificates that openssl makes, as somebody who brings their own has them: a PEM file on the
// demo's C: drive.
import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const CONFIG = `[ca]
default_ca = own
[own]
database = index.txt
new_certs_dir = .
rand_serial = yes
default_md = sha256
policy = any
copy_extensions = copy
unique_subject = no
[any]
commonName = supplied
`;

/** Days from now, as openssl writes a time. */
const time = (days) => `${new Date(Date.now() + days * 86_400_000).toISOString().replace(/[-:T]|\.\d+/g, '')}`;

/** Signed by itself, for this name, valid from so many days from now to so many; with its key or without. */
export function selfSigned(demo, file, name, { from = -1, to = 30, key = true } = {}) {
  const cwd = mkdtempSync(join(tmpdir(), 'tandem-openssl-'));
  try {
    const openssl = (...words) => execFileSync('openssl', words, { cwd, stdio: 'pipe' });
    writeFileSync(join(cwd, 'own.cnf'), CONFIG);
    writeFileSync(join(cwd, 'index.txt'), '');
    openssl('req', '-new', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', 'key.pem',
      '-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`, '-out', 'request.pem');
    openssl('ca', '-batch', '-config', 'own.cnf', '-selfsign', '-keyfile', 'key.pem', '-in', 'request.pem', '-notext',
      '-out', 'own.pem', '-startdate', time(from), '-enddate', time(to));
    const read = (part) => readFileSync(join(cwd, part), 'utf8');
    writeFileSync(join(demo.data, 'c', file), read('own.pem') + (key ? read('key.pem') : ''));
  } finally {
    rmSync(cwd, { recursive: true, force: true });
  }
  return `C:\\${file}`;
}
