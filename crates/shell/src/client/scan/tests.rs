//! Texts as people type them, finished or not, and the roles of their words.

use proptest::prelude::*;

use super::*;

fn roles(text: &str) -> String {
    let letter = |role| match role {
        Role::Command => "cmd",
        Role::Parameter => "par",
        Role::Argument => "arg",
        Role::Text => "txt",
        Role::Variable => "var",
        Role::Number => "num",
        Role::Operator => "op",
        Role::Comment => "rem",
        Role::Keyword => "key",
        Role::Member => "mem",
        Role::Type => "typ",
        Role::Bracket => "brk",
        Role::Separator => "sep",
    };
    let words = scan(text).words;
    let word = |word: &Word| {
        let typed = text.get(word.start..word.end).unwrap_or("?");
        format!("{}:{typed}", letter(word.role))
    };
    words.iter().map(word).collect::<Vec<_>>().join(" ")
}

#[test]
fn words_have_roles() {
    for (text, expected) in [
        (
            "Get-CsSite | Select-Object DisplayName, SiteID",
            "cmd:Get-CsSite sep:| cmd:Select-Object arg:DisplayName op:, arg:SiteID",
        ),
        (
            "New-X –Registrar a.b -Requires $False -Port 5199",
            "cmd:New-X par:–Registrar arg:a.b par:-Requires var:$False par:-Port num:5199",
        ),
        ("$x = Get-CsUser 'Ken Myer' # who", "var:$x op:= cmd:Get-CsUser txt:'Ken Myer' rem:# who"),
        (
            "if ($x.Name -eq 'a') { Stop-It } else { 1 }",
            "key:if brk:( var:$x op:. mem:Name op:-eq txt:'a' brk:) brk:{ cmd:Stop-It brk:} key:else \
          brk:{ num:1 brk:}",
        ),
        (
            "foreach ($u in Get-CsUser) { $u.X }",
            "key:foreach brk:( var:$u key:in cmd:Get-CsUser brk:) brk:{ var:$u op:. mem:X brk:}",
        ),
        (
            "Set-X -L @{Add='a'; Remove=\"b\"} -W",
            "cmd:Set-X par:-L brk:@{ mem:Add op:= txt:'a' sep:; mem:Remove op:= txt:\"b\" brk:} \
          par:-W",
        ),
        (
            "\"a $b $(Get-X 'q') c\" -f 3",
            "txt:\"a  var:$b txt:  brk:$( cmd:Get-X txt:'q' brk:) txt: c\" op:-f num:3",
        ),
        ("[xml](Get-Content C:\\a.xml)", "typ:[xml] brk:( cmd:Get-Content arg:C:\\a.xml brk:)"),
        (
            "C:\\W\\appcmd.exe recycle /apppool.name:\"A B\"",
            "cmd:C:\\W\\appcmd.exe arg:recycle arg:/apppool.name: txt:\"A B\"",
        ),
        (
            "Get-X | ? { $_.A -like \"b*\" } | % Name",
            "cmd:Get-X sep:| cmd:? brk:{ var:$_ op:. mem:A op:-like txt:\"b*\" brk:} sep:| cmd:% \
          arg:Name",
        ),
        (
            "function Get-It { param($a) } ",
            "key:function cmd:Get-It brk:{ key:param brk:( var:$a brk:) brk:}",
        ),
        (
            "Get-X -Name:$y -List a,'b' 2>&1 > out.txt",
            "cmd:Get-X par:-Name: var:$y par:-List arg:a op:, txt:'b' op:2>&1 op:> arg:out.txt",
        ),
        ("& 'C:\\a b.ps1' -Q", "op:& txt:'C:\\a b.ps1' par:-Q"),
        ("1..5 | measure", "num:1 op:.. num:5 sep:| cmd:measure"),
        ("$a[0].B = -not $c", "var:$a brk:[ num:0 brk:] op:. mem:B op:= op:-not var:$c"),
        ("<# a\nb #> x `\n -P", "rem:<# a\nb #> cmd:x par:-P"),
        ("@'\na 'b\n'@ | X", "txt:@'\na 'b\n'@ sep:| cmd:X"),
        ("$env:PATH; ${a b}", "var:$env:PATH sep:; var:${a b}"),
        ("[Math]::Round(1.5)", "typ:[Math] op::: mem:Round brk:( num:1.5 brk:)"),
    ] {
        assert_eq!(roles(text), expected, "{text}");
    }
}

#[test]
fn an_unfinished_text_says_what_could_come() {
    for (text, expects, quote) in [
        ("", Expects::Command, None),
        ("Get-X ", Expects::Argument, None),
        ("Get-X -A 'b", Expects::Argument, Some('\'')),
        ("Get-X \"a $(", Expects::Command, None),
        ("Get-X @{Add=1; ", Expects::Key, None),
        ("$x ", Expects::Operator, None),
        ("Get-X |", Expects::Command, None),
        ("@\"\nabc", Expects::Command, Some('"')),
    ] {
        let scan = scan(text);
        assert_eq!((scan.expects, scan.open_quote), (expects, quote), "{text}");
    }
}

#[test]
fn commands_know_what_they_stand_in_and_after() {
    let found = scan("Get-A | Where-Object { $_.");
    let place = found.commands[found.command];
    let around = place.around.unwrap();
    let upstream = found.commands[around].upstream.unwrap();
    let first = found.words.iter().find(|word| word.command == upstream).unwrap();
    assert_eq!((first.start, first.end), (0, 5));
}

proptest! {
    #[test]
    fn no_text_panics_and_words_keep_their_order(
        text in "(\\PC|[\"'$@(){}\\[\\]|;,.`#<>=-]|\n){0,80}"
    ) {
        let found = scan(&text);
        let mut end = 0;
        for word in &found.words {
            prop_assert!(word.start >= end && word.end > word.start);
            prop_assert!(text.get(word.start..word.end).is_some());
            prop_assert!(word.command < found.commands.len());
            end = word.end;
        }
    }
}
