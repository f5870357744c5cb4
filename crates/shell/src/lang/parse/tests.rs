//! Tables of good and bad texts; hostile input.

use std::fmt::Write;

use proptest::prelude::*;

use super::*;
use crate::lang::Value;
use crate::lang::ast::{
    Access, Argument, ArgumentKind, Element, ElementKind, ExprKind, MemberName, Piece, RedirectTo,
};
use crate::lang::text::to_text;

fn source(text: &str) -> Arc<Source> {
    Arc::new(Source { file: None, text: text.to_owned() })
}

/// The tree as a short text.
fn shape(text: &str) -> String {
    match parse(&source(text)) {
        Ok(block) => statements(&block.end),
        Err(error) => {
            format!("{}{}", error.id, if error.incomplete { " (incomplete)" } else { "" })
        }
    }
}

fn statements(all: &[Statement]) -> String {
    all.iter().map(statement).collect::<Vec<_>>().join("; ")
}

fn statement(statement_: &Statement) -> String {
    match &statement_.kind {
        StatementKind::Pipeline(elements) => {
            elements.iter().map(element).collect::<Vec<_>>().join(" | ")
        }
        StatementKind::Assign(assign) => {
            let operator = assign.operator.map(|o| format!("{o:?}")).unwrap_or_default();
            format!("{} {operator}= {}", expr(&assign.target), statement(&assign.value))
        }
        StatementKind::If(clauses, otherwise) => {
            let mut text = String::new();
            for (condition, body) in clauses {
                let _ = write!(text, "if({}){{{}}}", statement(condition), statements(body));
            }
            if let Some(body) = otherwise {
                let _ = write!(text, "else{{{}}}", statements(body));
            }
            text
        }
        StatementKind::Foreach(foreach) => format!(
            "foreach({} in {}){{{}}}",
            foreach.variable,
            statement(&foreach.over),
            statements(&foreach.body)
        ),
        StatementKind::Function(name, body) => {
            let names: Vec<&str> = body.parameters.iter().map(|p| &*p.name).collect();
            format!("function {name}({}){{{}}}", names.join(","), statements(&body.end))
        }
        StatementKind::Throw(Some(value)) => format!("throw {}", statement(value)),
        other => format!("{other:?}").split(['(', ' ']).next().unwrap_or("").to_owned(),
    }
}

fn element(element: &Element) -> String {
    let mut text = match &element.kind {
        ElementKind::Expression(value) => expr(value),
        ElementKind::Command(command) => {
            let mut text = format!("<{}", expr(&command.name));
            for argument in &command.arguments {
                text.push(' ');
                text.push_str(&argument_text(argument));
            }
            text.push('>');
            text
        }
    };
    for redirection in &element.redirections {
        let _ = match &redirection.to {
            RedirectTo::Output => write!(text, " {}>&1", redirection.stream),
            RedirectTo::File { path, append } => {
                let sign = if *append { ">>" } else { ">" };
                write!(text, " {}{sign}{}", redirection.stream, expr(path))
            }
        };
    }
    text
}

fn argument_text(argument: &Argument) -> String {
    match &argument.kind {
        ArgumentKind::Named(name, None) => format!("-{name}"),
        ArgumentKind::Named(name, Some(value)) => format!("-{name}:{}", expr(value)),
        ArgumentKind::Value(value) => expr(value),
        ArgumentKind::Splat(name) => format!("@{name}"),
        ArgumentKind::Verbatim(words) => format!("--%{words:?}"),
    }
}

fn list(items: &[Expr]) -> String {
    items.iter().map(expr).collect::<Vec<_>>().join(",")
}

fn expr(value: &Expr) -> String {
    match &value.kind {
        ExprKind::Literal(Value::String(text)) => format!("'{text}'"),
        ExprKind::Literal(value) | ExprKind::BareNumber(value, _) => to_text(value),
        ExprKind::Expandable(pieces) => {
            let piece = |piece: &Piece| match piece {
                Piece::Text(text) => text.clone(),
                Piece::Value(value) => format!("«{}»", expr(value)),
            };
            format!("\"{}\"", pieces.iter().map(piece).collect::<String>())
        }
        ExprKind::Variable(name) => format!("${name}"),
        ExprKind::List(items) => format!("[{}]", list(items)),
        ExprKind::Array(body) => format!("@({})", statements(body)),
        ExprKind::Sub(body) => format!("$({})", statements(body)),
        ExprKind::Paren(inner) => format!("({})", statement(inner)),
        ExprKind::Hash(entries) => {
            let entry =
                |(key, value): &(Expr, Statement)| format!("{}={}", expr(key), statement(value));
            format!("@{{{}}}", entries.iter().map(entry).collect::<Vec<_>>().join(";"))
        }
        ExprKind::Block(block) => format!("{{{}}}", statements(&block.end)),
        ExprKind::Chain(first, rest) => {
            let mut text = format!("({}", expr(first));
            for (operator, operand) in rest {
                let _ = write!(text, " {operator:?} {}", expr(operand));
            }
            text.push(')');
            text
        }
        ExprKind::Unary(operator, operand) => format!("{operator:?}({})", expr(operand)),
        ExprKind::Cast(name, operand) => format!("[{}]{}", name.name, expr(operand)),
        ExprKind::Type(name) => format!("[{}]", name.name),
        ExprKind::Access(target, accesses) => {
            let mut text = expr(target);
            for (access, _) in accesses {
                text.push_str(&access_text(access));
            }
            text
        }
        ExprKind::Step { target, by, after } => format!("step({},{by},{after})", expr(target)),
    }
}

fn access_text(access: &Access) -> String {
    let member = |name: &MemberName| match name {
        MemberName::Fixed(name) => name.to_string(),
        MemberName::Computed(name) => format!("({})", expr(name)),
    };
    match access {
        Access::Member(name) => format!(".{}", member(name)),
        Access::Method(name, arguments) => format!(".{}({})", member(name), list(arguments)),
        Access::Static(name) => format!("::{name}"),
        Access::StaticMethod(name, arguments) => format!("::{name}({})", list(arguments)),
        Access::Index(index) => format!("[{}]", expr(index)),
    }
}

fn check(text: &str, expected: &str) {
    assert_eq!(shape(text), expected, "{text}");
}

#[test]
fn the_article() {
    check(
        "New-CsTrustedApplicationPool -Identity atl-owa-001.litwareinc.com -Registrar \
         atl-cs-001.litwareinc.com -Site Redmond -RequiresReplication $False",
        "<'New-CsTrustedApplicationPool' -Identity 'atl-owa-001.litwareinc.com' -Registrar \
         'atl-cs-001.litwareinc.com' -Site 'Redmond' -RequiresReplication $False>",
    );
    check(
        "Get-CsSite | Select-Object DisplayName, SiteID",
        "<'Get-CsSite'> | <'Select-Object' ['DisplayName','SiteID']>",
    );
    check(
        "New-CsTrustedApplication -ApplicationId X -TrustedApplicationPoolFqdn a.b  -Port 5199",
        "<'New-CsTrustedApplication' -ApplicationId 'X' -TrustedApplicationPoolFqdn 'a.b' -Port \
         5199>",
    );
    check(
        r#"C:\Windows\System32\Inetsrv\Appcmd.exe recycle apppool /apppool.name:"MSExchangeOWAAppPool""#,
        r"<'C:\Windows\System32\Inetsrv\Appcmd.exe' 'recycle' 'apppool' '/apppool.name:MSExchangeOWAAppPool'>",
    );
    check(
        "Set-OwaMailboxPolicy –Identity “Default” –InstantMessagingType ‘OCS’",
        "<'Set-OwaMailboxPolicy' -Identity 'Default' -InstantMessagingType 'OCS'>",
    );
}

#[test]
fn native_arguments() {
    check(
        r#"appcmd set config "Exchange Back End/owa" /section:appSettings /+"[key='a',value='b']""#,
        "<'appcmd' 'set' 'config' 'Exchange Back End/owa' '/section:appSettings' \
         '/+[key='a',value='b']'>",
    );
    check(
        r#"appcmd set config /section:appSettings "/+[key='IMServerName',value='atl']""#,
        "<'appcmd' 'set' 'config' '/section:appSettings' '/+[key='IMServerName',value='atl']'>",
    );
    check(
        r"%windir%\system32\inetsrv\appcmd.exe list apppool",
        r"<'%windir%\system32\inetsrv\appcmd.exe' 'list' 'apppool'>",
    );
    check(
        r"$env:windir\system32\inetsrv\appcmd.exe list",
        r#"<"«$env:windir»\system32\inetsrv\appcmd.exe" 'list'>"#,
    );
    check(r#"& "$env:windir\x.exe" /a"#, r#"<"«$env:windir»\x.exe" '/a'>"#);
    check("x.exe --% /a:\"b c\" -d", r#"<'x.exe' --%["/a:b", "c", "-d"]>"#);
}

#[test]
fn arguments() {
    check("a -b:$null -c:  1", "<'a' -b:$null -c:1>");
    check("a -Confirm:$False;b", "<'a' -Confirm:$False>; <'b'>");
    check("a POP,IMAP, SMTP -x", "<'a' ['POP','IMAP','SMTP'] -x>");
    check("a $x.Name $y[0].z (b).c \"q\".Length", "<'a' $x.Name $y[0].z (<'b'>).c 'q'.Length>");
    check("a $env:temp\\x $(1)b x$y", "<'a' \"«$env:temp»\\x\" \"«$(1)»b\" \"x«$y»\">");
    check("a -5 0x10 1MB 1.2.3 5a", "<'a' -5 16 1048576 '1.2.3' '5a'>");
    check("a @{Add=\"x\",\"y\"; Remove='z'}", "<'a' @{'Add'=['x','y'];'Remove'='z'}>");
    check("a @p -b", "<'a' @p -b>");
    check("a b`\n  -c d # end", "<'a' 'b' -c 'd'>");
    check("a it`'s", "<'a' 'it's'>");
    check("a > x.txt 2>&1", "<'a'> 1>'x.txt' 2>&1");
    check("a 2> $null >> y b", "<'a' 'b'> 2>$null 1>>'y'");
    check("a (1+2)*3", "<'a' (1 Add 2) '*3'>".replace("(1 Add 2)", "((1 Add 2))").as_str());
    check("?{$_.a}", "<'?' {$_.a}>");
    check("1..3|%{$_}", "(1 Range 3) | <'%' {$_}>");
    check("a |\n b\n| c", "<'a'> | <'b'> | <'c'>");
    check(". ./x.ps1 1", "<'./x.ps1' 1>");
    check("./x.ps1", "<'./x.ps1'>");
    check("a && b || c", "Chain");
}

#[test]
fn expressions() {
    check("1 + 2 * 3", "(1 Add (2 Multiply 3))");
    check("1 - 2 - 3", "(1 Subtract 2 Subtract 3)");
    check("$a -eq 1 -and $b", "(($a Compare(Eq, false) 1) And $b)");
    check("-not $a -or !$b", "(Not($a) Or Not($b))");
    check("'a' + 'b' , 'c'", "('a' Add ['b','c'])");
    check("\"{0}\" -f 1,2", "('{0}' Format [1,2])");
    check("1..3 + 4", "((1 Range 3) Add 4)");
    check("$x.y.z(1, 2)[0]::q", "$x.y.z(1,2)[0]::q");
    check("[int]'5' + 1", "([int]'5' Add 1)");
    check("[pscustomobject]@{a=1}", "[pscustomobject]@{'a'=1}");
    check("[datetime]::Now.Year", "[datetime]::Now.Year");
    check("$i++; --$j", "step($i,1,true); step($j,-1,false)");
    check("-$x", "Minus($x)");
    check("5-3", "(5 Subtract 3)");
    check("$x = $y = 1", "$x = $y = 1");
    check("$x.a += 1", "$x.a Add= 1");
    check("$a, $b = 1, 2", "[$a,$b] = [1,2]");
    check("$x = if (1) {2} else {3}", "$x = if(1){2}else{3}");
    check("@(1\n2;3)", "@(1; 2; 3)");
    check("$()", "$()");
    check("(a b) -like 'x*'", "((<'a' 'b'>) Compare(Like, false) 'x*')");
    check("$a -is [string]", "($a Is [string])");
    check("'a' -join ','", "('a' Join ',')");
    check("-join $a", "Join($a)");
    check("$a –match “b”", "($a Compare(Match, false) 'b')");
    check("{param($a) $a}", "{$a}");
    check("$h.'a b'.\"c$d\"", "$h.a b.(\"c«$d»\")");
}

#[test]
fn strings() {
    check("'it''s'", "'it's'");
    check("\"a $b c\"", "\"a «$b» c\"");
    check("\"a $($b.c -join \"x\") d\"", "\"a «$(($b.c Join 'x'))» d\"");
    check("\"$b.c\"", "\"«$b».c\"");
    check("\"$a: ${b c}: $env:x $\"", "\"«$a»: «$b c»: «$env:x» $\"");
    check("\"a`\"b\"\"c`$d`n\"", "'a\"b\"c$d\n'");
    check("@'\na'b\n$c\n'@", "'a'b\n$c'");
    check("@\"\na\"b\n$c\n\"@", "\"a\"b\n«$c»\"");
    check("@\"\n\"@", "''");
    check("“curly ‘x’”", "'curly ‘x’'");
}

#[test]
fn compound_statements() {
    check("if ($a) { b } elseif (c) { d } else { e }", "if($a){<'b'>}if(<'c'>){<'d'>}else{<'e'>}");
    check("foreach ($x in 1,2) { $x }", "foreach(x in [1,2]){$x}");
    check("function f($a, [int]$b = 2) { $a }; f 1", "function f(a,b){$a}; <'f' 1>");
    check(
        "function Get-X { param([Parameter(Mandatory=$true)][string]$N) $N }",
        "function Get-X(N){$N}",
    );
    check("try { a } catch [x.y] { b } finally { c }", "Try");
    check("switch -wildcard ($a) { 'x*' {1} default {2} }", "Switch");
    check("do { $i++ } while ($i -lt 3)", "While");
    check("for ($i=0; $i -lt 3; $i++) { $i }", "For");
    check("for (;;) { break }", "For");
    check("throw \"x\"", "throw 'x'");
    check("exit 3", "Exit");
    check(":outer foreach ($x in 1) { continue outer }", "foreach(x in 1){Continue}");
    check("foreach ($x in 1) {} $y", "foreach(x in 1){}; $y");
    check("# only a comment", "");
    check("<# a\n b #> 1", "1");
}

#[test]
fn errors() {
    for (text, expected) in [
        ("Get-X |", "EmptyPipeElement (incomplete)"),
        ("| a", "UnexpectedToken"),
        ("a | | b", "EmptyPipeElement"),
        ("if ($a) {", "MissingEndCurlyBrace (incomplete)"),
        ("if", "MissingOpenParenthesisInIfStatement (incomplete)"),
        ("while", "MissingOpenParenthesisAfterKeyword (incomplete)"),
        ("if (1 { }", "MissingEndParenthesisAfterStatement"),
        ("(1", "MissingEndParenthesisInExpression (incomplete)"),
        ("1 +", "ExpectedValueExpression (incomplete)"),
        ("'abc", "TerminatorExpectedAtEndOfString (incomplete)"),
        ("\"abc $(", "MissingEndParenthesisInSubexpression (incomplete)"),
        ("@{a=1", "IncompleteHashLiteral (incomplete)"),
        ("@{a}", "MissingEqualsInHashLiteral"),
        ("1 = 2", "InvalidLeftHandSide"),
        ("$a -foo 1", "UnexpectedToken"),
        ("a )", "UnexpectedToken"),
        ("try { a }", "MissingCatchOrFinally (incomplete)"),
        ("class X { }", "KeywordNotSupported"),
        ("<# x", "MissingTerminatorMultiLineComment (incomplete)"),
        ("$x = ", "ExpectedValueExpression (incomplete)"),
        ("()", "ExpectedExpression"),
        ("a < b", "RedirectionNotSupported"),
    ] {
        check(text, expected);
    }
}

#[test]
fn positions_are_of_the_line() {
    let text = "Get-A\n  $x -foo 2";
    let source = source(text);
    let error = parse(&source).expect_err("is wrong").into_error(&source);
    let place = error.place.expect("has a place");
    assert_eq!((place.line, place.column, place.length), (2, 6, 4));
    assert_eq!(place.text, "  $x -foo 2");
}

#[test]
fn deep_nesting_is_an_error_and_length_is_not() {
    for open in
        ["(", "{", "@(", "$(", "\"$(", "@{a=", "if (", "!", "[int]", "-not ", "$a[", "a (", "$a="]
    {
        let text = open.repeat(100_000);
        assert!(parse(&source(&text)).is_err(), "{open}");
    }
    assert!(parse(&source(&format!("1{}", "+1".repeat(100_000)))).is_ok());
    assert!(parse(&source(&"a|".repeat(10_000))).is_err());
    assert!(parse(&source(&format!("a{}", "|a".repeat(10_000)))).is_ok());
    assert!(parse(&source(&"a;".repeat(10_000))).is_ok());
    assert!(parse(&source(&format!("$a{}", ".b".repeat(100_000)))).is_err());
}

proptest! {
    #[test]
    fn no_text_panics(text in "\\PC{0,60}") {
        let _ = shape(&text);
    }

    #[test]
    fn no_mixture_of_words_panics(words in proptest::collection::vec(
        prop::sample::select(vec![
            "$a", "\"", "'", "(", ")", "{", "}", "@(", "@{", "[int]", "[", "]", "-eq", "-a:", ",",
            "|", ";", "\n", "`", "if", "foreach", "in", "function", "f", "=", "+=", "1", "0x", "..",
            ".", "::", "$(", "${", "@\"\n", "\n\"@", "#", "<#", "#>", ">", "2>&1", "&", "–", "“",
            "try", "catch", "switch", "default", "param", "%", "?", "--%", "é", "\u{1F600}", " ",
        ]), 0..40,
    )) {
        let _ = shape(&words.concat());
        let _ = shape(&words.join(" "));
    }
}
