// The shell as an administrator has it under the fingers: in a real terminal, at 80 and at 160
// columns, with a running node.
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { Demo, until } from './support/demo.mjs';
import { Terminal, hasTmux } from './support/terminal.mjs';

const skip = hasTmux ? false : 'tmux is not installed';

/** How many columns a line takes, as the terminal counts them. */
const columns = (line) => [...line].reduce((sum, c) => sum + (/[\u1100-\uffdc]|\p{Emoji_Presentation}/u.test(c) ? 2 : 1), 0);

for (const [width, height] of [[80, 24], [160, 50]]) {
  describe(`the shell at ${width} columns`, { skip }, () => {
    let demo, terminal;
    before(async () => {
      demo = await Demo.start();
      terminal = await Terminal.start(demo.data, { width, height });
    });
    after(async () => {
      terminal?.end();
      await demo?.end();
    });

    /** Types, presses Tab, and waits for what the screen shows then. */
    async function completes(text, expected) {
      await terminal.clear();
      terminal.type(text);
      await terminal.shows(text.slice(-8).trimEnd().replace(/[$.*+?^{}()|[\]\\]/g, '\\$&'));
      terminal.keys('Tab');
      await terminal.shows(expected);
    }

    test('the greeting says where one is', async () => {
      assert.match(terminal.screen(), /^Tandem \S+ management shell, connected to atl-owa-001\.litwareinc\.com\.\n/);
      for (const line of terminal.screen().split('\n')) assert.ok(line.length < width, line);
    });

    test('commands, parameters and values complete', async () => {
      await completes('Get-CsSit', /> Get-CsSite$/m);
      await completes('Get-CsUser -Fil', /Get-CsUser -Filter/);
      await completes('Set-OwaVirtualDirectory -InstantMessagingType O', /Type Ocs$/m);
      await completes('Set-OwaVirtualDirectory -InstantMessagingEnabled $t', /Enabled \$true$/m);
      await completes('New-CsTrustedApplicationPool –Req', /-RequiresReplication/);
    });

    test('types, texts and items complete', async () => {
      await completes('[math]::Ro', /\[math\]::Round\($/m);
      await completes('"abc".Sub', /"abc"\.Substring\($/m);
      await completes('param([Par', /param\(\[Parameter\($/m);
      await terminal.clear();
      terminal.run('$m = Get-Mailbox kenmyer');
      await terminal.shows(/kenmyer\nPS [^\n]*> $/);
      await completes('$m.EmailAddresses[0].Sm', /\[0\]\.SmtpAddress$/m);
    });

    test("one's own prompt stands before the line, with what it writes", async () => {
      await terminal.clear();
      terminal.run("function prompt { Write-Host '[EMS] ' -NoNewline -ForegroundColor Green; 'PS> ' }");
      await terminal.shows(/^\[EMS\] PS> $/m);
      terminal.type('Get-CsSit');
      terminal.keys('Tab');
      await terminal.shows(/^\[EMS\] PS> Get-CsSite$/m);
      terminal.keys('Enter');
      await terminal.shows(/^Identity +: Site:Redmond[\s\S]*\n\[EMS\] PS> $/m);
      terminal.run('Remove-Item function:prompt');
      await terminal.shows(/^PS \/> $/m);
    });

    test('identities come from the node, quoted where they must be', async () => {
      await completes('Get-CsSite R', /Get-CsSite Redmond$/m);
      await completes('Get-Mailbox ken', /Get-Mailbox kenmyer@litwareinc\.com$/m);
      await completes("Get-CsUser 'Pil", /Get-CsUser 'Pilar Ackerman'$/m);
      await completes('Get-OwaVirtualDirectory ATL', /'ATL-CAS-001\\owa \(Default/);
      await completes('Get-Service RTC', /RTCSRV/);
    });

    test('the menu tells thumbprints by their subjects, one line each', async () => {
      await completes('Enable-ExchangeCertificate -Thumbprint ', /CN=WMSvc-ATL-OWA-001/);
      const lines = terminal.screen().split('\n').slice(1);
      assert.ok(lines.length >= 3, terminal.screen());
      for (const line of lines) assert.match(line, /^[0-9A-F]{40} {2}CN=/);
    });

    test('the menu fits: descriptions are cut at the edge, short values stand side by side', async () => {
      await completes('New-CsTrustedApplicationPool -', /-Registrar/);
      for (const line of terminal.screen().split('\n')) assert.ok(columns(line) <= width, line);
      assert.match(terminal.screen(), /-Identity +<\w+> Needed\./);
      await completes('Get-', /Get-CASMailbox/);
      const row = terminal.screen().split('\n').find((line) => /^Get-\w+ {2,}Get-/.test(line));
      assert.ok(row, terminal.screen());
      assert.ok(row.match(/Get-/g).length >= (width > 100 ? 3 : 2), row);
    });

    test('Tab goes round the menu, Enter takes what is marked', async () => {
      await completes('Get-CsUser sip:', /sip:kenmyer@[\s\S]*sip:pilar@/);
      terminal.keys('Tab');
      terminal.keys('Enter');
      await terminal.shows(/Get-CsUser sip:pilar@litwareinc\.com$/m);
      terminal.keys('Enter');
      await terminal.shows(/DisplayName +: Pilar Ackerman/);
    });

    test('paths on the drives and of one\'s own complete', async () => {
      await completes('Get-ChildItem C:\\Pro', /Get-ChildItem 'C:\\Program Files\\'$/m);
      await completes('Get-ChildItem HKLM:\\SYS', /Get-ChildItem HKLM:\\SYSTEM\\$/m);
      await completes('Get-ChildItem Cert:\\Local', /Get-ChildItem Cert:\\LocalMachine\\$/m);
      await completes('Get-Content /etc/host', /\/etc\/host/);
    });

    test('variables, properties and keys complete', async () => {
      await terminal.clear();
      terminal.run('$users = Get-CsUser; function Get-Mine($Colour) { $Colour }');
      await terminal.shows(/\n?PS .*> $/);
      await completes('$use', /\$users( = |$)/m);
      await completes('$users | Select-Object SipA', /SipAddress$/m);
      await completes('Get-CsUser | Where-Object { $_.SipA', /\$_\.SipAddress$/m);
      await completes('Set-Mailbox ken -EmailAddresses @{Ad', /@\{Add=$/m);
      await completes('Get-Mine -C', /Get-Mine -Colour$/m);
    });

    test('an unfinished text goes on in the next line, and runs as one', async () => {
      await terminal.clear();
      terminal.run('if ($true) {');
      await terminal.shows(/^>> $/m);
      terminal.run("  'inside'");
      terminal.run('}');
      await terminal.shows(/^inside$/m);
      for (const [first, second, result] of [
        ["'one", "two'", /^one\ntwo$/m],
        ['1..3 |', 'Measure-Object | Select-Object -ExpandProperty Count', /^3$/m],
        ['Write-Output `', 'later', /^later$/m],
        ['@"', '"@', /^PS .*> $/m],
      ]) {
        await terminal.clear();
        terminal.run(first);
        await terminal.shows(/^>> $/m);
        terminal.run(second);
        await terminal.shows(result);
      }
    });

    test('a pasted block waits for Enter and runs as one', async () => {
      await terminal.clear();
      terminal.paste('foreach ($n in 1..3) {\n  "number $n"\n}\n"done"');
      await terminal.shows(/^>> "done"$/m);
      assert.doesNotMatch(terminal.screen(), /^number/m);
      terminal.keys('Enter');
      await terminal.shows(/^number 1\nnumber 2\nnumber 3\ndone$/m);
    });

    test('the article\'s dashes and quotes work as pasted', async () => {
      await terminal.clear();
      terminal.paste('Get-CsSite –Identity “Redmond” | Select-Object DisplayName');
      terminal.keys('Enter');
      await terminal.shows(/^Redmond Headquarters$/m);
    });

    test('wide characters stand in their columns', async () => {
      await terminal.clear();
      terminal.run("[pscustomobject]@{Name='京都';N=1}, [pscustomobject]@{Name='Zoë 🎉';N=2} | Format-Table -AutoSize");
      await terminal.shows(/Zoë/);
      const rows = terminal.screen().split('\n').filter((line) => /^(京都|Zoë)/.test(line));
      assert.deepEqual(rows.map(columns), [columns(rows[0]), columns(rows[0])], terminal.screen());
    });

    test('help pages: a page, a line, the end', async () => {
      await terminal.clear();
      terminal.run('help Set-OwaVirtualDirectory -Full');
      await terminal.shows(/<SPACE> next page; <CR> next line; Q quit$/);
      const first = terminal.screen();
      assert.equal(first.split('\n').length, height, first);
      terminal.keys('Enter');
      await until('one more line', () => terminal.screen() !== first);
      assert.equal(terminal.screen().split('\n')[0], first.split('\n')[1]);
      terminal.keys('Space');
      await until('one more page', () => !terminal.screen().includes(first.split('\n')[5]));
      terminal.keys('q');
      await terminal.shows(/PS .*> $/);
      assert.doesNotMatch(terminal.screen(), /next page/);
    });

    test('more stops what it reads from, and Get-Help does not page', async () => {
      await terminal.clear();
      terminal.run('1..100000 | more');
      await terminal.shows(/Q quit$/);
      terminal.keys('q');
      await terminal.shows(/\nPS .*> $/);
      terminal.run('Get-Help Get-CsSite; "after"');
      await terminal.shows(/^after$/m);
    });
  });
}

describe('the shell between person and node', { skip }, () => {
  let demo, home, terminal;
  before(async () => {
    demo = await Demo.start();
    home = mkdtempSync(join(tmpdir(), 'home-'));
    terminal = await Terminal.start(demo.data, { home });
  });
  after(async () => {
    terminal?.end();
    await demo?.end();
    rmSync(home, { recursive: true, force: true });
  });

  test('Ctrl-C clears the line, stops loops, sleeps and the node\'s work, and comes back', async () => {
    terminal.type('half a line');
    await terminal.shows(/half a line/);
    terminal.keys('C-c');
    await terminal.shows(/half a line\nPS .*> $/);
    for (const work of ['Start-Sleep 600', 'while ($true) { }', 'while ($true) { 1 | Out-Null }',
      'Watch-CsClsLogging -Follow', 'foreach ($n in 1..3000000) { $n | Out-Null }']) {
      await terminal.clear();
      terminal.run(`'begun'; ${work}`);
      await terminal.shows(/^begun$/m);
      terminal.keys('C-c');
      await terminal.shows(/\nPS .*> $/);
      assert.doesNotMatch(terminal.screen(), /stopped|error/i);
    }
    terminal.run("'still ' + 'here'");
    await terminal.shows(/^still here$/m);
  });

  test('Ctrl-C in a question ends the pipeline that asks', async () => {
    for (const [ask, shown] of [["Read-Host 'Name'; 'not this'", /^Name: ?$/m], ['New-CsTrustedApplication', /^Identity: ?$/m],
      ["Set-Mailbox kenmyer -DisplayName 'Ken' -Confirm", /^\[\?\] Help \(default is "Y"\): ?$/m]]) {
      await terminal.clear();
      terminal.run(ask);
      await terminal.shows(shown);
      terminal.keys('C-c');
      await terminal.shows(/\nPS .*> $/);
      assert.doesNotMatch(terminal.screen(), /^not this/m);
    }
    assert.match(await demo.run('(Get-Mailbox kenmyer).DisplayName'), /Ken Myer/);
  });

  test('questions are asked and answered in the editor; secrets are stars', async () => {
    await terminal.clear();
    terminal.run("$name = Read-Host 'Name'; \"<$name>\"");
    await terminal.shows(/^Name:/m);
    terminal.type('Ken Mayer');
    terminal.keys('Left', 'Left', 'Left', 'BSpace', 'Enter');
    await terminal.shows(/^<Ken Myer>$/m);
    terminal.run("$p = Read-Host 'Code' -AsSecureString; $p.Length");
    await terminal.shows(/^Code:/m);
    terminal.type('hushx');
    terminal.keys('BSpace');
    await terminal.shows(/^Code: \*{4}$/m);
    terminal.keys('Enter');
    await terminal.shows(/^4$/m);
  });

  test('long work says so in the lower line, which is gone afterwards', async () => {
    await terminal.clear();
    terminal.run('Watch-CsClsLogging -Follow');
    await terminal.shows(/^Watch-CsClsLogging: \d+ s\. Ctrl-C stops it\.$/m);
    terminal.keys('C-c');
    await terminal.shows(/\nPS .*> $/);
    assert.doesNotMatch(terminal.screen(), /Ctrl-C stops it/);
    await terminal.clear();
    terminal.run("Write-Host -NoNewline 'part'; Write-Progress Copying '3 of 6' -PercentComplete 50; Start-Sleep 600");
    await terminal.shows(/^part\nCopying \[=+> +\] +50% 3 of 6$/m);
    terminal.keys('C-c');
    await terminal.hides(/Copying \[/);
  });

  test('what is typed or pasted while something runs is not lost', async () => {
    await terminal.clear();
    terminal.run('Start-Sleep 1');
    terminal.tmux('set-buffer', '--', "'first'\nforeach ($n in 1..2) {\n  \"n$n\"\n}\n'last");
    terminal.tmux('paste-buffer', '-t', 's');
    await terminal.shows(/^first\n[^]*^n1\nn2\nPS [^\n]*> 'last$/m);
    terminal.run("'");
    await terminal.shows(/^last$/m);
  });

  test('progress never reaches a file', async () => {
    const output = await demo.run("Write-Progress Copying -PercentComplete 50; Start-Sleep -Milliseconds 300; 'done'");
    assert.equal(output.trim(), 'done');
  });

  test('the history is the person\'s own, without secrets, shared between shells', async () => {
    await terminal.clear();
    terminal.run("$secret = ConvertTo-SecureString 'hush-hush' -AsPlainText -Force");
    terminal.run("'kept line'");
    await terminal.shows(/^kept line$/m);
    const other = await Terminal.start(demo.data, { home });
    try {
      other.run("'from the other'");
      await other.shows(/^from the other$/m);
      terminal.run("'and again'");
      await terminal.shows(/^and again$/m);
      const file = join(home, '.tandem_history');
      const kept = readFileSync(file, 'utf8');
      for (const line of ["'kept line'", "'from the other'", "'and again'"]) assert.ok(kept.includes(line), kept);
      assert.ok(!kept.includes('hush'), kept);
      assert.equal(statSync(file).mode & 0o777, 0o600);
      other.keys('C-r');
      await other.shows(/bck-i-search: _/);
      other.type('kept');
      await other.shows(/bck-i-search: kept_ 'kept line'/);
      other.keys('Enter');
      await other.shows(/'kept line'$/m);
    } finally {
      other.end();
    }
    await terminal.clear();
    terminal.run('h -Count 3');
    await terminal.shows(/'and again'/);
    terminal.run("'later'");
    terminal.run('r');
    await terminal.shows(/'later'\nlater$/m);
  });

  test('the arrow to the right takes the hint, shown without being typed', async () => {
    await terminal.clear();
    terminal.run("'a long line that nobody types twice'");
    await terminal.shows(/^a long line/m);
    await terminal.clear();
    terminal.type("'a lo");
    await terminal.shows(/'a long line that nobody types twice'/);
    terminal.keys('Right', 'Enter');
    await terminal.shows(/^a long line that nobody types twice$/m);
  });

  test('the window may change its size in the middle of a line and between tables', async () => {
    await terminal.clear();
    terminal.type(`'${'x'.repeat(60)}' | Out-Null; 'fitted'`);
    terminal.resize(50, 20);
    await terminal.shows(/'fitted'/);
    terminal.keys('Enter');
    await terminal.shows(/^fitted$/m);
    terminal.run('Get-CsTrustedApplication | Format-Table Identity, Port');
    await terminal.shows(/5199/);
    for (const line of terminal.screen().split('\n')) assert.ok(line.length <= 50, line);
    terminal.resize(120, 30);
    // tmux tells the program of its new size a little later.
    await until('a table as wide as the new window', async () => {
      await terminal.clear();
      terminal.run('Get-CsTrustedApplication | Format-Table Identity, Port');
      await terminal.shows(/5199/);
      return terminal.screen().match(/urn:application:OutlookWebApp +5199/);
    });
    terminal.resize(80, 24);
  });

  test('commands show by their colour whether they exist; NO_COLOR and dumb terminals get none', async () => {
    await terminal.clear();
    terminal.type("Get-CsSite -Filter 'x'; No-Such $a # why");
    await terminal.shows(/# why/);
    const shown = terminal.colours();
    for (const part of ['\x1b[33mGet-CsSite', '\x1b[36m-Filter', "\x1b[32m'x'", '\x1b[31mNo-Such', '\x1b[35m$a', '\x1b[90m# why']) {
      assert.ok(shown.includes(part), JSON.stringify(shown));
    }
    terminal.keys('C-c');
    const plain = await Terminal.start(demo.data, { environment: { NO_COLOR: '1' } });
    plain.type("Get-CsSite -Filter 'x'");
    await plain.shows(/Filter 'x'/);
    assert.doesNotMatch(plain.colours(), /\x1b\[3[0-7]m/);
    plain.end();
    const dumb = await Terminal.start(demo.data, { environment: { TERM: 'dumb' } });
    dumb.run('if (1) {');
    await dumb.shows(/^>> $/m);
    dumb.run("'in a dumb terminal' }");
    await dumb.shows(/^in a dumb terminal$/m);
    dumb.type('dropped');
    dumb.keys('C-c');
    dumb.run("'goes on'");
    await dumb.shows(/^goes on$/m);
    dumb.keys('C-d');
    await dumb.shows(/ended with 0/);
    dumb.end();
  });

  test('a node that comes back is found by the next command; one that is gone is told, and nothing hangs', async () => {
    await terminal.clear();
    terminal.run('Watch-CsClsLogging -Follow');
    await terminal.shows(/Ctrl-C stops it/);
    await demo.stop();
    await terminal.shows(/The node went away[\s\S]*PS .*> $/);
    await terminal.clear();
    terminal.run('Get-CsSite');
    await terminal.shows(/The node does not answer[\s\S]*PS .*> $/);
    terminal.type('Get-CsSite R');
    terminal.keys('Tab');
    terminal.keys('C-c');
    await terminal.shows(/\nPS .*> $/);
    await demo.start();
    await terminal.clear();
    terminal.run('(Get-CsSite).SiteId');
    await terminal.shows(/^Redmond$/m);
    assert.match(terminal.screen(), /The node was restarted meanwhile; this shell is connected/);
    await terminal.clear();
    terminal.run('(Get-CsSite).SiteId');
    await terminal.shows(/^Redmond$/m);
    assert.doesNotMatch(terminal.screen(), /restarted/);
  });

  test('a node that stopped answering lets go at Ctrl-C', async () => {
    await terminal.clear();
    process.kill(demo.process.pid, 'SIGSTOP');
    try {
      terminal.run('Get-CsSite');
      await terminal.shows(/Get-CsSite: \d+ s\. Ctrl-C stops it/);
      terminal.keys('C-c');
      terminal.keys('C-c');
      await terminal.shows(/the node did not confirm[\s\S]*PS .*> $/);
      terminal.type('Get-CsSite R');
      terminal.keys('Tab');
      terminal.keys('C-c');
      await terminal.shows(/\nPS .*> $/);
    } finally {
      process.kill(demo.process.pid, 'SIGCONT');
    }
  });

  test('Ctrl-D leaves', async () => {
    await terminal.clear();
    terminal.keys('C-d');
    await terminal.shows(/ended with 0/);
  });
});
