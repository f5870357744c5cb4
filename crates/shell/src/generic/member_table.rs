//! The methods that `Get-Member` shows: those of this shell's values, with .NET's signatures.

/// Methods every object has.
pub(super) const EVERY: &[(&str, &str)] = &[
    ("Equals", "bool Equals(System.Object obj)"),
    ("GetHashCode", "int GetHashCode()"),
    ("GetType", "type GetType()"),
    ("ToString", "string ToString()"),
];

const STRING: &[(&str, &str)] = &[
    ("CompareTo", "int CompareTo(string strB)"),
    ("Contains", "bool Contains(string value)"),
    ("EndsWith", "bool EndsWith(string value)"),
    ("IndexOf", "int IndexOf(string value)"),
    ("Insert", "string Insert(int startIndex, string value)"),
    ("LastIndexOf", "int LastIndexOf(string value)"),
    ("PadLeft", "string PadLeft(int totalWidth)"),
    ("PadRight", "string PadRight(int totalWidth)"),
    ("Remove", "string Remove(int startIndex, int count)"),
    ("Replace", "string Replace(string oldValue, string newValue)"),
    ("Split", "string[] Split(Params char[] separator)"),
    ("StartsWith", "bool StartsWith(string value)"),
    ("Substring", "string Substring(int startIndex, int length)"),
    ("ToCharArray", "char[] ToCharArray()"),
    ("ToLower", "string ToLower()"),
    ("ToUpper", "string ToUpper()"),
    ("Trim", "string Trim(Params char[] trimChars)"),
    ("TrimEnd", "string TrimEnd(Params char[] trimChars)"),
    ("TrimStart", "string TrimStart(Params char[] trimChars)"),
];

const TIME: &[(&str, &str)] = &[
    ("Add", "datetime Add(timespan value)"),
    ("AddDays", "datetime AddDays(double value)"),
    ("AddHours", "datetime AddHours(double value)"),
    ("AddMinutes", "datetime AddMinutes(double value)"),
    ("AddMonths", "datetime AddMonths(int months)"),
    ("AddSeconds", "datetime AddSeconds(double value)"),
    ("AddYears", "datetime AddYears(int value)"),
    ("Subtract", "timespan Subtract(datetime value)"),
    ("ToFileTime", "long ToFileTime()"),
    ("ToLongDateString", "string ToLongDateString()"),
    ("ToShortDateString", "string ToShortDateString()"),
    ("ToUniversalTime", "datetime ToUniversalTime()"),
];

const TABLE: &[(&str, &str)] = &[
    ("Add", "void Add(System.Object key, System.Object value)"),
    ("Clear", "void Clear()"),
    ("Clone", "System.Object Clone()"),
    ("ContainsKey", "bool ContainsKey(System.Object key)"),
    ("ContainsValue", "bool ContainsValue(System.Object value)"),
    ("GetEnumerator", "System.Collections.IDictionaryEnumerator GetEnumerator()"),
    ("Remove", "void Remove(System.Object key)"),
];

const LIST: &[(&str, &str)] = &[
    ("Add", "int Add(System.Object value)"),
    ("AddRange", "void AddRange(System.Collections.ICollection c)"),
    ("Clear", "void Clear()"),
    ("Contains", "bool Contains(System.Object item)"),
    ("IndexOf", "int IndexOf(System.Object value)"),
    ("Insert", "void Insert(int index, System.Object value)"),
    ("Remove", "void Remove(System.Object obj)"),
    ("RemoveAt", "void RemoveAt(int index)"),
    ("Sort", "void Sort()"),
    ("ToArray", "System.Object[] ToArray()"),
];

const XML: &[(&str, &str)] = &[
    ("AppendChild", "System.Xml.XmlNode AppendChild(System.Xml.XmlNode newChild)"),
    ("CreateElement", "System.Xml.XmlElement CreateElement(string name)"),
    ("GetAttribute", "string GetAttribute(string name)"),
    ("RemoveChild", "System.Xml.XmlNode RemoveChild(System.Xml.XmlNode oldChild)"),
    ("Save", "void Save(string filename)"),
    ("SelectNodes", "System.Xml.XmlNodeList SelectNodes(string xpath)"),
    ("SelectSingleNode", "System.Xml.XmlNode SelectSingleNode(string xpath)"),
    ("SetAttribute", "void SetAttribute(string name, string value)"),
];

const SIZE: &[(&str, &str)] = &[
    ("ToBytes", "uint64 ToBytes()"),
    ("ToGB", "uint64 ToGB()"),
    ("ToKB", "uint64 ToKB()"),
    ("ToMB", "uint64 ToMB()"),
    ("ToTB", "uint64 ToTB()"),
];

/// The methods of a type beyond those of every object.
pub(super) fn methods(type_name: &str) -> &'static [(&'static str, &'static str)] {
    match type_name {
        "System.String" => STRING,
        "System.DateTime" => TIME,
        "System.Collections.Hashtable" => TABLE,
        "System.Collections.Specialized.OrderedDictionary" => TABLE,
        "System.Collections.ArrayList" | "System.Collections.Generic.List`1" => LIST,
        crate::lang::quantity::BYTE_SIZE => SIZE,
        name if name.starts_with("System.Xml.Xml") => XML,
        _ => &[],
    }
}

/// The methods of a type, those of every object first.
pub(crate) fn methods_of(
    type_name: &str,
) -> impl Iterator<Item = (&'static str, &'static str)> + use<> {
    EVERY.iter().chain(methods(type_name)).copied()
}

/// A type as C# writes it.
pub(super) fn short(type_name: &str) -> &str {
    match type_name {
        "System.Int32" => "int",
        "System.Int64" => "long",
        "System.Double" => "double",
        "System.Single" => "float",
        "System.Decimal" => "decimal",
        "System.Byte" => "byte",
        "System.Uri" => "uri",
        "System.String" => "string",
        "System.Boolean" => "bool",
        "System.DateTime" => "datetime",
        "System.TimeSpan" => "timespan",
        "System.Collections.Hashtable" => "hashtable",
        "null" => "object",
        other => other,
    }
}
