//! Cmdlets on the client's own files, which the examples do not touch.

use crate::lang::eval::tests::run;

#[test]
fn files_of_the_client() {
    let folder = tempfile::tempdir().unwrap();
    let script = format!(
        "Set-Location '{}'\n\
         'one', 'two' > a.txt; 'three' >> a.txt\n\
         (Get-Content a.txt).Count; Get-Content ./a.txt -Tail 1\n\
         'x','y' | Set-Content b.txt; Add-Content b.txt z; (Get-Content b.txt -Raw).Length\n\
         (Get-ChildItem *.txt).Name -join ','\n\
         Test-Path a.txt; Test-Path none; Test-Path . -PathType Container\n\
         Copy-Item a.txt c.txt; (Get-Item c.txt).Length\n\
         Remove-Item c.txt -WhatIf; Remove-Item c.txt; Test-Path c.txt\n\
         [pscustomobject]@{{n=1;s='a,b'}} | Export-Csv d.csv -NoTypeInformation\n\
         (Import-Csv d.csv).s\n\
         New-Item sub -ItemType Directory | Out-Null; cd sub; (Get-Location).Path -like '*/sub'\n\
         (Get-Content ../a.txt -TotalCount 1)",
        folder.path().display()
    );
    let (code, out, err) = run(&script);
    let expected = [
        "3",
        "three",
        "6",
        "a.txt,b.txt",
        "True",
        "False",
        "True",
        "14",
        "What if:",
        "False",
        "a,b",
        "True",
        "one",
    ];
    let lines: Vec<&str> = out.lines().collect();
    assert_eq!((code, lines.len()), (0, expected.len()), "{out}{err}");
    for (line, expected) in lines.iter().zip(expected) {
        assert!(line.starts_with(expected), "{line} is not {expected}\n{out}");
    }
}

#[test]
fn files_that_are_not_there() {
    for (script, said) in [
        ("Get-Content /no/such", "Cannot find path '/no/such'"),
        ("Get-ChildItem /no/such", "Cannot find path '/no/such'"),
        ("'x' > /no/such/file", "Could not find a part of the path '/no/such/file'."),
        ("Import-Csv /no/such", "Could not find file '/no/such'."),
    ] {
        let (code, _, err) = run(script);
        assert_eq!(code, 1, "{script}");
        assert!(err.contains(said), "{script}\n{err}");
    }
    let (_, out, _) = run("$null = Get-Content /no -EA SilentlyContinue; $?; 'on'");
    assert_eq!(out, "False\non\n");
}

#[test]
fn xml_in_scripts() {
    let (code, out, err) =
        run("$x = [xml]'<c><appSettings><add key=\"A\" value=\"1\"/></appSettings></c>'\n\
         $n = $x.CreateElement('add'); $n.SetAttribute('key', 'B'); $n.SetAttribute('value', '2')\n\
         $x.c.appSettings.AppendChild($n) | Out-Null\n\
         ($x.c.appSettings.add | Where-Object key -eq 'B').value\n\
         $x.SelectSingleNode(\"//add[@key='A']\").value = '9'; $x.c.appSettings.add.Count\n\
         $x.OuterXml");
    assert_eq!(code, 0, "{err}");
    let document = "<c><appSettings><add key=\"A\" value=\"9\" /><add key=\"B\" value=\"2\" />\
                    </appSettings></c>";
    assert_eq!(out, format!("2\n2\n{document}\n"));
}

#[test]
fn json_stays_json() {
    let (_, out, _) = run("@{a=1,2; b=@{c=@{d=@{e=1}}}} | ConvertTo-Json -Compress\n\
         (ConvertFrom-Json '[{\"a\":1},{\"a\":2}]').a -join '+'\n\
         ConvertTo-Json @() -Compress; '\"x\"' | ConvertFrom-Json");
    let deep = "{\"a\":[1,2],\"b\":{\"c\":{\"d\":\"System.Collections.Hashtable\"}}}";
    assert_eq!(out, format!("{deep}\n1+2\n[]\nx\n"));
}
