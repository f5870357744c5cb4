//! Tables of scripts and what they print.

use std::io::Write;
use std::sync::{Arc, Mutex};

use crate::client::run_text;
use crate::lang::Shell;
use crate::lang::host::Host;

#[derive(Clone, Default)]
pub(crate) struct Buffer(Arc<Mutex<Vec<u8>>>);

impl Write for Buffer {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl Buffer {
    fn text(&self) -> String {
        String::from_utf8_lossy(&self.0.lock().unwrap()).into_owned()
    }
}

/// Runs a script: exit status, output, errors.
pub(crate) fn run(script: &str) -> (i32, String, String) {
    let script = script.to_owned();
    let run = move || {
        let (out, err) = (Buffer::default(), Buffer::default());
        let host = Host::new(Box::new(out.clone()), Box::new(err.clone()));
        let mut shell = Shell::new(host, Arc::new(|| 1_359_886_500_000));
        shell.location = std::env::temp_dir().to_string_lossy().into_owned();
        let code = run_text(&mut shell, None, &script, &[]);
        (code, out.text(), err.text())
    };
    let stack = crate::limits::EVALUATION_STACK_BYTES;
    std::thread::Builder::new().stack_size(stack).spawn(run).unwrap().join().unwrap()
}

/// Output without blank lines and blanks at line ends.
fn squeezed(text: &str) -> String {
    text.lines().map(str::trim_end).filter(|line| !line.is_empty()).collect::<Vec<_>>().join("\n")
}

#[track_caller]
fn check(script: &str, expected: &str) {
    let (_, out, err) = run(script);
    assert_eq!(squeezed(&out), expected, "{script}\n{err}");
}

#[track_caller]
fn check_code(script: &str, expected: i32) {
    let (code, out, err) = run(script);
    assert_eq!(code, expected, "{script}\n{out}{err}");
}

#[test]
fn arithmetic_and_strings() {
    check("1 + 2 * 3; 7 / 2; 6 / 3; 7 % 3; -5 + 2", "7\n3.5\n2\n1\n-3");
    check("'5' + 1; 5 + '1'; '5' * 3; 2MB; 0x10", "51\n6\n555\n2097152\n16");
    check("$x = 3; \"$x and $($x * 2) and ${x}: `$x\"", "3 and 6 and 3: $x");
    check("'a,b' -split ','; -join ('x','y'); 'x','y' -join '-'", "a\nb\nxy\nx-y");
    check("'{0:N1} {1,4}|' -f 1234.56, 'ab'", "1,234.6   ab|");
    check("'Hello'.ToUpper().Substring(1, 3); 'abc'.Length; 'abc'[1]; 'abc'[-1]", "ELL\n3\nb\nc");
    check(
        "'abc' -replace 'B', 'x'; 'abc' -creplace 'B', 'x'; 'a1b' -replace '(\\d)', '<$1>'",
        "axc\nabc\na<1>b",
    );
    check("9223372036854775807 + 1", "9.22337203685478E+18");
    check(
        "[int]'42' + 1; [int]3.5; [int]2.5; [string]5 + 'x'; [bool]'x'; [bool]0",
        "43\n4\n2\n5x\nTrue\nFalse",
    );
    check("1..3; 3..1", "1\n2\n3\n3\n2\n1");
    check("$true; $null; $false -eq $null", "True\nFalse");
}

#[test]
fn comparisons_filter_lists() {
    check("1,2,3,4 -gt 2", "3\n4");
    check(
        "'A' -eq 'a'; 'A' -ceq 'a'; 'abc' -like 'A*'; 'abc' -notlike 'b*'",
        "True\nFalse\nTrue\nTrue",
    );
    check(
        "('a','b' -eq 'b').Count; 3 -in 1,2,3; 1,2 -contains 2; 'x' -notin 'y'",
        "1\nTrue\nTrue\nTrue",
    );
    check("'host-12' -match '(\\w+)-(?<n>\\d+)'; $Matches[1]; $Matches.n", "True\nhost\n12");
    check(
        "$null -eq 1; 1 -eq $null; @() -eq $null; 5 -eq '5'; '5' -eq 5; 'x' -eq 5",
        "False\nFalse\nTrue\nTrue\nFalse",
    );
    check(
        "-not 1; !0; $true -and $false; $true -or $false; $true -xor $true",
        "False\nTrue\nFalse\nTrue\nFalse",
    );
    check("'b' -gt 'a'; 10 -gt 9; '10' -gt 9", "True\nTrue\nFalse");
    check("1 -is [int]; 'a' -is [string]; 'a' -as [int]; '5' -as [int]", "True\nTrue\n5");
}

#[test]
fn variables_lists_and_hashtables() {
    check("$a = 1,2,3; $a.Count; $a[0]; $a[-1]; $a[0,2]", "3\n1\n3\n1\n3");
    check("$a = @(); $a += 1; $a += 2,3; $a.Length; $a[1] = 9; \"$a\"", "3\n1 9 3");
    check("$h = @{b=1; A='x'}; $h.a; $h['B']; $h.Count; $h.c = 3; $h.Keys", "x\n1\n2\nb\nA\nc");
    check("$a, $b = 1, 2, 3; $a; $b", "1\n2\n3");
    check("$i = 0; $i++; ++$i; $i += 5; $i", "7");
    check(
        "$o = [pscustomobject]@{Name='x'; Size=1}; $o.size = 5; \"$($o.Size) $o\"",
        "5 @{Name=x; Size=5}",
    );
    check(
        "$x = 5; function f { $x = 6; $x }; f; $x; function g { $script:x = 7 }; g; $x",
        "6\n5\n7",
    );
    check("@(1).Count; @().Count; @($null).Count; $null.Count; (5).Count", "1\n0\n1\n0\n1");
    check("$l = [ordered]@{z=1; a=2}; $l.Keys; $l[0]", "z\na\n1");
    check("$a = 1..3; $b = $a; $b[0] = 9; $a[0]", "1");
    check(
        "$l = New-Object System.Collections.ArrayList; $l.Add(1); $l.Add(2) | Out-Null; $l.Count",
        "0\n2",
    );
    check("($h = @{x=1}).x; $h.Remove('x'); $h.Count; $h.ContainsKey('x')", "1\n0\nFalse");
    check("$x = @{Add='a','b'}; $x.Add[1]; $x.Add.Count", "b\n2");
}

#[test]
fn control_flow() {
    check("if (0) { 'a' } elseif ('x') { 'b' } else { 'c' }", "b");
    check(
        "foreach ($i in 1..5) { if ($i -eq 2) { continue }; if ($i -eq 4) { break }; $i }",
        "1\n3",
    );
    check("$i = 0; while ($i -lt 3) { $i; $i++ }", "0\n1\n2");
    check("$i = 0; do { $i++ } until ($i -ge 3); $i", "3");
    check("for ($i = 0; $i -lt 2; $i++) { $i }", "0\n1");
    check(
        "switch ('b') { 'a' {1} 'B' {2} default {3} }; switch -Wildcard ('xyz') { 'x*' {'w'} }",
        "2\nw",
    );
    check("switch (1,5) { 1 {'one'} {$_ -gt 3} {'big'} }", "one\nbig");
    check(
        ":o foreach ($a in 1,2) { foreach ($b in 1,2) { if ($b -eq 2) { continue o }; \"$a$b\" } }",
        "11\n21",
    );
    check("$x = if ($true) { 'yes' }; $x; $y = foreach ($i in 1,2) { $i * 2 }; $y.Count", "yes\n2");
    check("function f { return 1; 2 }; f; 'after'", "1\nafter");
    check("1 && 2; $false || 'x'", "1\n2\nFalse");
}

#[test]
fn functions() {
    check("function Add($a, $b = 2) { $a + $b }; Add 1; Add 1 5; Add -b 1 -a 1", "3\n6\n2");
    check("function f { \"$args\" }; f 1 'b' -x", "1 b -x");
    check("function f([switch]$On, [int]$N) { \"$On $N\" }; f -On -N '5'; f", "True 5\nFalse 0");
    check("filter Twice { $_ * 2 }; 1..3 | Twice", "2\n4\n6");
    check("function Sum { begin {$t=0} process {$t += $_} end {$t} }; 1..4 | Sum", "10");
    check("function f { $input.Count }; 1..4 | f", "4");
    check(
        "function f { param([Parameter(ValueFromPipeline=$true)]$x) process { \"<$x>\" } }; 1,2 | f",
        "<1>\n<2>",
    );
    check("$b = { param($x) $x + 1 }; & $b 5; $b.Invoke(6)", "6\n7");
    check("$p = @{a=1; b=2}; function f($a, $b) { \"$a-$b\" }; f @p; $q = 3,4; f @q", "1-2\n3-4");
    check("function f { 'a'; return }; (f).Length", "1");
    check(
        "function fact($n) { if ($n -le 1) { 1 } else { $n * (fact ($n - 1)) } }; fact 10",
        "3628800",
    );
    check(
        "function f { [CmdletBinding(SupportsShouldProcess=$true)] param($x) if ($PSCmdlet.ShouldProcess($x, 'Do')) { 'done' } }; f a; f b -WhatIf",
        "done\nWhat if: Performing the operation \"Do\" on target \"b\".",
    );
}

#[test]
fn pipelines() {
    check("1..5 | Where-Object { $_ % 2 } | ForEach-Object { $_ * 10 }", "10\n30\n50");
    check("1..3 | % { \"a$_\" } | ? { $_ -ne 'a2' }", "a1\na3");
    check(
        "1..10 | Select-Object -First 2; 1..10 | select -Last 2; 1..5 | select -Skip 3",
        "1\n2\n9\n10\n4\n5",
    );
    check(
        "1..3 | ForEach-Object { Write-Host \"up $_\"; $_ } | ForEach-Object { Write-Host \"down $_\" }",
        "up 1\ndown 1\nup 2\ndown 2\nup 3\ndown 3",
    );
    check(
        "1..9 | ForEach-Object { Write-Host $_; $_ } | Select-Object -First 2 | Out-Null",
        "1\n2",
    );
    check("3,1,2 | Sort-Object -Descending; 'b','A','c' | sort", "3\n2\n1\nA\nb\nc");
    check("(1..4 | Measure-Object -Sum -Average).Sum; (1..4 | measure).Count", "10\n4");
    check("'a','b','a' | Group-Object | % { \"$($_.Name)=$($_.Count)\" }", "a=2\nb=1");
    check("1,1,2 | Select-Object -Unique; 'x' | % Length", "1\n2\n1");
    check("@{n='a';v=1}, @{n='b';v=2} | % { [pscustomobject]$_ } | ? v -gt 1 | % n", "b");
    check("$null | % { 'x' }; @() | % { 'y' }; $e = @(); $e | % { 'z' }", "x");
    check("function f { 1; 2 }; $x = f; $x.Count; $x = f | select -First 1; $x", "2\n1");
    check(
        "1..3 | % -Begin {'b'} -Process {$_} -End {'e'}; 1 | % {'b'} {$_} {'e'}",
        "b\n1\n2\n3\ne\nb\n1\ne",
    );
    check("$y = 0; 1..3 | % { $y += $_ }; $y", "6");
    check("1..2 | Write-Output -PipelineVariable p | % { 'x' } | % { $p }", "1\n2");
    check("1..3 | Tee-Object -Variable t | Out-Null; \"$t\"", "1 2 3");
    check("'x' > $null; 1..3 *> $null; 'kept'", "kept");
    check("Write-Warning w 3>&1; Write-Error e 2>&1 | % { $_.Exception.Message }", "w\ne");
}

#[test]
fn errors_go_on_and_are_caught() {
    check("1/0; 'after'", "after");
    check("try { 1/0 } catch { \"caught $_\" }", "caught Attempted to divide by zero.");
    check("try { throw 'x' } catch { $_.Exception.Message } finally { 'fin' }", "x\nfin");
    check("try { Write-Error 'no' -ErrorAction Stop; 'never' } catch { 'stopped' }", "stopped");
    check("try { Write-Error 'no'; 'goes on' } catch { 'stopped' }", "goes on");
    check(
        "$ErrorActionPreference = 'Stop'; try { Write-Error 'no' } catch { 'stopped' }",
        "stopped",
    );
    check("Write-Error a -EA 0; $?; $Error.Count; $Error[0].Exception.Message", "False\n1\na");
    check("Write-Error a -ErrorVariable e -EA SilentlyContinue; $e.Count; \"$e\"", "1\na");
    check("function f { throw 'deep' }; try { f } catch { \"$_\" }", "deep");
    check("try { try { throw 'a' } finally { 'f' } } catch { 'c' }", "f\nc");
    check(
        "try { nosuchthing } catch [System.Management.Automation.CommandNotFoundException] { 'unknown' }",
        "unknown",
    );
    check("1,0,2 | % { 10 / $_ }", "10\n5");
    check("foreach ($i in 1,0,2) { 10 / $i }", "10\n5");
}

#[test]
fn exit_status() {
    check_code("1", 0);
    check_code("exit 5; 'never'", 5);
    check_code("exit", 0);
    check_code("$Host.SetShouldExit(3); 'after'", 3);
    check_code("$Host.SetShouldExit(3); exit", 3);
    check_code("$Host.SetShouldExit(3); exit 5", 5);
    check_code("throw 'x'", 1);
    check_code("1/0", 1);
    check_code("1/0; 'fine'", 0);
    check_code("Write-Error x", 1);
    check_code("Write-Error x; 1", 0);
    check_code("nosuchcommand", 1);
    check_code("if (", 1);
    check_code("function f { exit 7 }; f; 1", 7);
    check_code("Get-CsSite -NoSuchParameter 1", 1);
    check_code("try { throw 1 } catch { }", 0);
    let (code, out, _) = run("'runs'; if (");
    assert_eq!((code, out.as_str()), (1, ""), "nothing runs when something does not parse");
}

#[test]
fn error_texts() {
    let (_, _, err) = run("'a'\n  Get-CsSyte -X 1");
    for part in [
        "Get-CsSyte : The term 'Get-CsSyte' is not recognized as the name of a cmdlet",
        "At line:2 char:3",
        "+ Get-CsSyte -X 1",
        "+ ~~~~~~~~~~",
        "+ CategoryInfo          : ObjectNotFound: (Get-CsSyte:String) [], CommandNotFoundException",
        "+ FullyQualifiedErrorId : CommandNotFoundException",
        "Did you mean Get-CsSite?",
    ] {
        assert!(err.contains(part), "{part}\n{err}");
    }
    let (_, _, err) = run("New-CsTrustedApplication -Po 1 -P 5");
    assert!(err.contains("ambiguous") || err.contains("Possible matches"), "{err}");
    let (_, _, err) = run("Remove-CsTrustedApplicationPool");
    assert!(err.contains("missing mandatory parameters: Identity."), "{err}");
    let (_, _, err) = run("New-CsTrustedApplicationPool -Identity a.b -RequiresReplication no");
    assert!(err.contains("Boolean parameters accept only Boolean values"), "{err}");
}

#[test]
fn displays() {
    check(
        "[pscustomobject]@{DisplayName='Redmond'; SiteId='Redmond'}",
        "DisplayName                             SiteId\n\
         -----------                             ------\n\
         Redmond                                 Redmond",
    );
    check(
        "[pscustomobject]@{a=1;b=2;c=3;d=4;e=5,6,7,8,9}",
        "a : 1\nb : 2\nc : 3\nd : 4\ne : {5, 6, 7, 8...}",
    );
    check(
        "@{x=1}",
        "Name                           Value\n----                           -----\nx                              1",
    );
    check("[pscustomobject]@{N=1;S='x'} | ft -AutoSize", "N S\n- -\n1 x");
    check(
        "1,2 | % { [pscustomobject]@{N=$_} }; 'text'",
        &format!("{0}N\n{0}-\n{0}1\n{0}2\ntext", " ".repeat(78)),
    );
    check("'a','bb' | ft @{n='L'; e={$_.Length}} -HideTableHeaders -AutoSize", "1\n2");
    check("[pscustomobject]@{a='x'} | fl", "a : x");
}

#[test]
fn runaway_scripts_end() {
    let (code, _, err) = run("function f { f }; f");
    assert_eq!(code, 1);
    assert!(err.contains("call depth overflow"), "{err}");
    let (code, _, err) = run("$b = { & $b }; & $b");
    assert_eq!(code, 1);
    assert!(err.contains("call depth overflow"), "{err}");
    check_code("'x' * 1GB", 1);
    check_code("1..1000000000", 1);
    check("$a = $null; foreach ($i in 1..100000) { $a = @{n=$a} }; 'built'", "built");
    check(
        "$h = @{}; $h.self = $h; \"$h\"; $o = [pscustomobject]@{x=1}; $o.x = $o; \"$o\".Length -gt 0",
        "System.Collections.Hashtable\nTrue",
    );
}

#[test]
fn recursion_goes_as_deep_as_people_need() {
    let (_, out, err) =
        run("function d($n) { if ($n -eq 0) { 'bottom' } else { d ($n - 1) } }; d 400");
    assert_eq!(squeezed(&out), "bottom", "{err}");
    let nested = "1..1 | ForEach-Object { ".repeat(30) + "'in'" + &" }".repeat(30);
    check(&nested, "in");
}

#[test]
fn streams_go_into_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("said.txt");
    let (code, out, err) = run(&format!("Write-Warning careful 3> '{}'; 'on'", path.display()));
    assert_eq!((code, out.as_str(), err.as_str()), (0, "on\n", ""));
    assert_eq!(std::fs::read_to_string(&path).unwrap(), "WARNING: careful\n");
    let (_, out, err) = run(&format!("Write-Error wrong 2> '{}'; $?", path.display()));
    assert_eq!((out.as_str(), err.as_str()), ("False\n", ""));
    assert!(std::fs::read_to_string(&path).unwrap().contains("wrong"));
}

/// Words that neither loop for ever nor touch anything.
const WORDS: &[&str] = &[
    "$a",
    "$_",
    "1",
    "'x'",
    "\"$a $(1)\"",
    "@(",
    ")",
    "(",
    "@{",
    "}",
    "{",
    "a=1",
    ";",
    "\n",
    "|",
    ",",
    "..",
    "+",
    "-",
    "*",
    "/",
    "%",
    "-eq",
    "-like",
    "-match",
    "-replace",
    "-split",
    "-join",
    "-f",
    "-is",
    "[int]",
    "[string]",
    "[xml]",
    ".Count",
    ".Length",
    ".ToUpper()",
    "[0]",
    "[-1]",
    "= ",
    "+= ",
    "++",
    "if (1) {",
    "else {",
    "foreach ($i in 1,2) {",
    "try {",
    "} catch {",
    "throw",
    "return",
    "function f {",
    "f",
    "select",
    "-First",
    "where",
    "sort",
    "group",
    "%",
    "measure",
    "ft",
    "fl",
    "-AutoSize",
    "ConvertTo-Json",
    "Out-String",
    "&",
    ".",
    "$null",
    "$true",
    "::Now",
    "[datetime]",
    "2>&1",
    "Write-Error",
    "switch (1) {",
    "default {",
    "-join",
    "!",
    "-not",
];

proptest::proptest! {
    #[test]
    fn no_script_panics(words in proptest::collection::vec(
        proptest::prelude::prop::sample::select(WORDS), 0..25,
    )) {
        let (code, _, _) = run(&words.join(" "));
        proptest::prop_assert!((0..=130).contains(&code));
    }
}
