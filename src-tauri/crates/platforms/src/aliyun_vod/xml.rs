//! The storage's small XML answers as a tree of names and texts.
//!
//! Attributes, comments and namespaces do not matter to this protocol and are left out. Depth is bounded; the size is, by the shared HTTP.

use quick_xml::{Reader, escape::resolve_xml_entity, events::Event};

/// The deepest answer of the protocol has 3.
const DEPTH_MAX: usize = 16;

#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Node {
    pub(super) name: String,
    text: String,
    children: Vec<Node>,
}

impl Node {
    pub(super) fn text(&self) -> &str {
        self.text.trim()
    }
    /// The text of the first child of this name; `None` when it is not there or blank.
    pub(super) fn child(&self, name: &str) -> Option<&str> {
        let found = self.children.iter().find(|child| child.name == name);
        found.map(Node::text).filter(|text| !text.is_empty())
    }
    pub(super) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Node> {
        self.children.iter().filter(move |child| child.name == name)
    }
}

/// The root element; `None` when this is no whole XML document.
pub(super) fn parse(bytes: &[u8]) -> Option<Node> {
    let text = std::str::from_utf8(bytes).ok()?;
    let mut reader = Reader::from_str(text);
    let mut open: Vec<Node> = Vec::new();
    let mut root = None;
    loop {
        match reader.read_event().ok()? {
            Event::Start(start) => {
                if open.len() >= DEPTH_MAX || root.is_some() {
                    return None;
                }
                let name: &str = start.local_name().into_inner();
                open.push(Node {
                    name: name.to_owned(),
                    ..Node::default()
                });
            }
            Event::Empty(empty) => {
                let name: &str = empty.local_name().into_inner();
                let node = Node {
                    name: name.to_owned(),
                    ..Node::default()
                };
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => root = Some(node),
                }
            }
            Event::End(_) => {
                let node = open.pop()?;
                match open.last_mut() {
                    Some(parent) => parent.children.push(node),
                    None => root = Some(node),
                }
            }
            Event::Text(text) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&text.xml10_content());
                }
            }
            Event::CData(data) => {
                if let Some(node) = open.last_mut() {
                    node.text.push_str(&data.xml10_content());
                }
            }
            Event::GeneralRef(reference) => {
                let node = open.last_mut()?;
                if let Ok(Some(c)) = reference.resolve_char_ref() {
                    node.text.push(c);
                } else {
                    let name = reference.into_inner();
                    node.text.push_str(resolve_xml_entity(&name)?);
                }
            }
            Event::Eof => return root.filter(|_| open.is_empty()),
            Event::Comment(_) | Event::Decl(_) | Event::PI(_) | Event::DocType(_) => {}
        }
    }
}

/// A text as it stands in an element.
pub(super) fn escape(text: &str) -> String {
    quick_xml::escape::escape(text).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_list_of_parts_is_read_whatever_its_quotes() {
        let root = parse(
            br#"<?xml version="1.0" encoding="UTF-8"?>
<ListPartsResult xmlns="http://doc.oss-cn-hangzhou.aliyuncs.com">
  <UploadId>0004</UploadId><Empty/><Initiator></Initiator>
  <Part><PartNumber>1</PartNumber><ETag>&quot;AB&#67;&quot;</ETag></Part>
  <Part><PartNumber>2</PartNumber><ETag><![CDATA["DEF"]]></ETag></Part>
</ListPartsResult>"#,
        )
        .unwrap();
        assert_eq!(root.name, "ListPartsResult");
        assert_eq!(root.child("UploadId"), Some("0004"));
        assert_eq!((root.child("Empty"), root.child("Initiator")), (None, None));
        let tags: Vec<_> = root.all("Part").map(|part| part.child("ETag")).collect();
        assert_eq!(tags, [Some("\"ABC\""), Some("\"DEF\"")]);
    }

    #[test]
    fn half_a_document_is_none() {
        for text in [
            "",
            "plain",
            "<a><b>1</b>",
            "<a></b>",
            "<a>&unknown;</a>",
            "<html><body><br></body></html>",
        ] {
            assert_eq!(parse(text.as_bytes()), None, "{text}");
        }
        assert_eq!(parse(b"<a>\xff</a>"), None);
        assert_eq!(parse("<a>".repeat(40).as_bytes()), None);
    }

    #[test]
    fn what_is_written_is_read_back() {
        let text = "\"5<6&'\"";
        let root = parse(format!("<a>{}</a>", escape(text)).as_bytes()).unwrap();
        assert_eq!(root.text(), text);
    }
}
